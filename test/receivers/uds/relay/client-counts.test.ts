import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allocateClientCounts, ClientCounts } from '../../../../src/receivers/uds/relay/client-counts.js';

const THREADS = 3;

describe('ClientCounts', () => {
  function threadsOf(memory: SharedArrayBuffer): ClientCounts[] {
    return Array.from({ length: THREADS }, (_, thread) => new ClientCounts(memory, thread));
  }

  it('counts the connections of each client on all threads', () => {
    const step = fc.record({ thread: fc.nat(THREADS - 1), client: fc.nat(40), isEnd: fc.boolean() });
    const property = fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const threads = threadsOf(allocateClientCounts(THREADS));
      const held = new Map<string, number>();
      let open = 0;
      for (const { thread, client, isEnd } of steps) {
        const key = `${thread} ${client}`;
        const before = held.get(key) ?? 0;
        if (isEnd && before === 0) continue;
        threads[thread].add(threads[thread].cellsOf(`uid ${client}`), isEnd ? -1 : 1);
        held.set(key, before + (isEnd ? -1 : 1));
        open += isEnd ? -1 : 1;
      }
      for (let client = 0; client <= 40; client++) {
        const expected = threads.reduce((sum, _, i) => sum + (held.get(`${i} ${client}`) ?? 0), 0);
        for (const thread of threads) assert.equal(thread.held(thread.cellsOf(`uid ${client}`)), expected);
      }
      assert.equal(threads[0].open, open);
    });
    fc.assert(property, { seed: 3, numRuns: 20 });
  });

  it('takes hardly any client of a thousand for more than it is', () => {
    const [counts] = threadsOf(allocateClientCounts(THREADS));
    const names = Array.from({ length: 1000 }, (_, i) => `container ${i.toString(16).padStart(64, '0')}`);
    for (const name of names) counts.add(counts.cellsOf(name), 1);
    const wrong = names.filter((name) => counts.held(counts.cellsOf(name)) !== 1);
    // One in four thousand is to be expected.
    assert.ok(wrong.length <= 5, `${wrong.length} are taken for more`);
  });

  it('lets a thread that has ended count no more, and the others go on', () => {
    const memory = allocateClientCounts(THREADS);
    const [first, second] = threadsOf(memory);
    const cells = first.cellsOf('uid 7');
    first.add(cells, 1);
    second.add(cells, 1);
    new ClientCounts(memory).clear(0);
    assert.deepEqual([second.held(cells), second.open], [1, 1]);
  });

  it('allows as many connections as it was told, on all threads', () => {
    const memory = allocateClientCounts(THREADS);
    const [first, second] = threadsOf(memory);
    assert.ok(first.allowed > 2 ** 30);
    new ClientCounts(memory).allowed = 5;
    assert.deepEqual([first.allowed, second.allowed], [5, 5]);
  });
});
