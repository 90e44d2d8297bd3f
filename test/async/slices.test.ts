import assert from 'node:assert/strict';
import { Slices } from '../../src/async/slices.js';

describe('Slices', () => {
  const stopping = new AbortController();

  /** Works for so many ms. Returns how many turns others have had. */
  async function work(ms: number, { signal }: AbortController): Promise<number> {
    const slices = new Slices(signal);
    const endMs = performance.now() + ms;
    let turns = 0;
    while (performance.now() < endMs) {
      const pause = slices.pause();
      if (pause === undefined) continue;
      turns++;
      await pause;
    }
    return turns;
  }

  it('are short, and none where there is little to do', async () => {
    const turns = await work(100, stopping);
    assert.ok(turns >= 5 && turns <= 60, `${turns}`);
    assert.equal(await work(0, stopping), 0);
  });

  it('end with the signal', async () => {
    const ending = new AbortController();
    setImmediate(() => ending.abort());
    await assert.rejects(work(10_000, ending), { name: 'AbortError' });
  });
});
