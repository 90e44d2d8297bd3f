import assert from 'node:assert/strict';
import { inTurns } from '../../src/async/in-turns.js';

describe('inTurns', () => {
  it('makes items when they are asked for', async () => {
    let made = 0;
    function* endless() {
      for (;;) yield ++made;
    }
    let taken = 0;
    for await (const _ of inTurns(endless())) if (++taken === 3) break;
    assert.equal(made, 3);
  });

  it('lets others have a turn after each', async () => {
    let turns = 0;
    const immediates: number[] = [];
    for await (const item of inTurns([1, 2, 3])) {
      setImmediate(() => turns++);
      immediates.push(item - turns);
    }
    assert.deepEqual(immediates, [1, 1, 1]);
  });
});
