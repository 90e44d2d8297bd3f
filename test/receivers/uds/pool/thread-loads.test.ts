import assert from 'node:assert/strict';
import { threadId } from '../../../../src/linux/thread-id.js';
import { ThreadLoads, threadTimeMs } from '../../../../src/receivers/uds/pool/thread-loads.js';
import { eventually } from '../../../support/eventually.js';

describe('ThreadLoads', () => {
  let nowMs: number;
  let timesMs: Map<number, number>;

  function loadsOf(threads: number): ThreadLoads {
    nowMs = 1000;
    timesMs = new Map([
      [11, 500],
      [12, 0],
    ]);
    return new ThreadLoads(
      threads,
      (tid) => timesMs.get(tid),
      () => nowMs,
    );
  }

  function lookAfter(loads: ThreadLoads, ms: number): void {
    nowMs += ms;
    loads.look();
  }

  it('has what part of the time between two looks each thread ran', () => {
    const loads = loadsOf(2);
    loads.started(0, 11);
    loads.started(1, 12);
    timesMs.set(11, 1250);
    lookAfter(loads, 1000);
    assert.deepEqual([loads.of(0), loads.of(1)], [0.75, 0]);
    timesMs.set(12, 100);
    lookAfter(loads, 1000);
    assert.deepEqual([loads.of(0), loads.of(1)], [0, 0.1]);
  });

  it('takes a thread that it knows nothing of for idle', () => {
    const loads = loadsOf(3);
    loads.started(0, 11);
    loads.started(1, 13);
    timesMs.delete(11);
    lookAfter(loads, 1000);
    assert.deepEqual([loads.of(0), loads.of(1), loads.of(2)], [0, 0, 0]);
  });

  it('has no load of more than one processor', () => {
    const loads = loadsOf(1);
    loads.started(0, 11);
    timesMs.set(11, 9000);
    lookAfter(loads, 1000);
    assert.equal(loads.of(0), 1);
    lookAfter(loads, 0);
    assert.equal(loads.of(0), 0);
  });
});

describe('threadTimeMs', () => {
  it('grows with what the thread does', async () => {
    const tid = threadId();
    const before = threadTimeMs(tid) ?? assert.fail('it is not told');
    await eventually('more time', () => {
      for (const endMs = performance.now() + 5; performance.now() < endMs; );
      return (threadTimeMs(tid) ?? 0) > before;
    });
  });

  it('is not known of a thread that is not there', () => {
    assert.equal(threadTimeMs(2 ** 30), undefined);
  });
});
