import assert from 'node:assert/strict';
import { Tally } from '../../../../src/receivers/uds/pool/tally.js';

describe('Tally', () => {
  async function isDone(tally: Tally): Promise<boolean> {
    return Promise.race([
      tally.done.then(() => true),
      new Promise<false>((resolve) => setImmediate(resolve, false)),
    ]);
  }

  it('is done when each has answered, however often one does', async () => {
    const tally = new Tally([0, 1]);
    tally.count(0);
    tally.count(0);
    tally.count(7);
    assert.equal(await isDone(tally), false);
    assert.deepEqual([...tally.waiting], [1]);
    tally.count(1);
    assert.equal(await isDone(tally), true);
  });

  it('is done at once when nobody is asked', async () => {
    assert.equal(await isDone(new Tally([])), true);
  });
});
