import assert from 'node:assert/strict';
import { type Runnable, RunningSet } from '../../src/service/running-set.js';

/** What starts and stops, and in what order; specs are versions of components. */
function fixture() {
  const events: string[] = [];
  const failing = new Set<string>();
  const set = new RunningSet<string>({
    create: (spec): Runnable => ({
      async start() {
        if (failing.has(spec)) throw new Error(`${spec} cannot`);
        events.push(`start ${spec}`);
      },
      async shutdown() {
        events.push(`stop ${spec}`);
      },
    }),
    isSame: (a, b) => a === b,
    startError: (id, cause) => new Error(`${id}: ${(cause as Error).message}`, { cause }),
  });
  /** What happens when this is made to run, by ids. */
  const replace = async (wanted: Record<string, string>): Promise<string[]> => {
    events.length = 0;
    await set.replace(new Map(Object.entries(wanted)));
    return [...events];
  };
  return { set, events, failing, replace };
}

describe('RunningSet', () => {
  it('starts what is wanted, and leaves alone what stays the same', async () => {
    const { replace } = fixture();
    assert.deepEqual(await replace({ a: 'a1', b: 'b1' }), ['start a1', 'start b1']);
    assert.deepEqual(await replace({ a: 'a1', b: 'b1' }), []);
    assert.deepEqual(await replace({ a: 'a1', c: 'c1' }), ['stop b1', 'start c1']);
  });

  it('stops the old one before the new one starts: they may want the same port', async () => {
    const { replace } = fixture();
    await replace({ a: 'a1' });
    assert.deepEqual(await replace({ a: 'a2' }), ['stop a1', 'start a2']);
  });

  it('has the previous set run again when one cannot start', async () => {
    const { replace, failing, events } = fixture();
    await replace({ a: 'a1', b: 'b1', c: 'c1' });
    failing.add('b2');
    await assert.rejects(replace({ a: 'a2', b: 'b2', c: 'c1' }), /^Error: b: b2 cannot$/);
    assert.deepEqual(events, [
      ...['stop a1', 'stop b1', 'start a2'],
      // One that could not start may have got half of the way.
      ...['stop b2', 'stop a2', 'start a1', 'start b1'],
    ]);
    assert.deepEqual(await replace({ a: 'a1', b: 'b1', c: 'c1' }), []);
  });

  it('stops everything at the end, once', async () => {
    const { set, replace, events } = fixture();
    await replace({ a: 'a1', b: 'b1' });
    events.length = 0;
    await set.shutdown(0);
    await set.shutdown(0);
    assert.deepEqual(events, ['stop a1', 'stop b1']);
  });
});
