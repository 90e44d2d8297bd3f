import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EPOLLIN, EPOLLOUT } from '../../../../src/linux/constants.js';
import { AGAIN, RunQueue } from '../../../../src/receivers/uds/relay/run-queue.js';

const CLIENTS = 3;
const SLOTS = 9;
const ENDS = SLOTS * 2;

const [LOUD, QUIET] = [1, 2];

/** Connection 0 is a quiet client's, all others are a loud one's. */
function loudAndQuiet(): RunQueue {
  return new RunQueue(Int32Array.from({ length: SLOTS }, (_, slot) => (slot === 0 ? QUIET : LOUD)));
}

const QUIET_END = 0;
const LOUD_ENDS = Array.from({ length: ENDS - 2 }, (_, i) => i + 2);

/** The end whose turn it is has it, and moves so many bytes. */
function serve(queue: RunQueue, bytes = 100): number {
  const end = queue.first;
  queue.take(end);
  queue.moved(bytes);
  return end;
}

describe('RunQueue', () => {
  it('has each end once, with all that is to be done, behind the other ends of its client', () => {
    const end = fc.integer({ min: 0, max: ENDS - 1 });
    const actions = fc.array(
      fc.oneof(
        fc.record({ end, work: fc.constantFrom(EPOLLIN, EPOLLOUT, AGAIN) }),
        fc.record({ taken: end }),
        fc.constant('serve' as const),
      ),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(actions, (steps) => {
        const clientOf = Int32Array.from({ length: SLOTS }, (_, slot) => slot % CLIENTS);
        const queue = new RunQueue(clientOf);
        const model = new Map<number, number>();
        const take = (taken: number) => {
          assert.equal(queue.take(taken), model.get(taken) ?? 0);
          model.delete(taken);
        };
        for (const step of steps) {
          if (step === 'serve') {
            const { first } = queue;
            const own = [...model.keys()].filter((each) => clientOf[each >> 1] === clientOf[first >> 1]);
            if (model.size === 0) assert.equal(first, -1);
            else assert.equal(first, own[0]);
            if (first >= 0) take(first);
            queue.moved(10_000);
          } else if ('taken' in step) take(step.taken);
          else {
            queue.add(step.end, step.work);
            model.set(step.end, (model.get(step.end) ?? 0) | step.work);
          }
          assert.equal(queue.count, model.size);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('serves a client that had nothing to do before one that has used its quantum', () => {
    const queue = loudAndQuiet();
    for (const end of LOUD_ENDS) queue.push(end);
    for (let i = 0; i < 6; i++) assert.notEqual(serve(queue), QUIET_END);
    queue.push(QUIET_END);
    assert.equal(serve(queue), QUIET_END);
  });

  it('serves a busy client, however often another one comes back', () => {
    const queue = loudAndQuiet();
    for (const end of LOUD_ENDS) queue.push(end);
    for (let i = 0; i < 6; i++) serve(queue);
    let loud = 0;
    for (let i = 0; i < 20; i++) {
      queue.push(QUIET_END);
      if (serve(queue) !== QUIET_END) loud++;
    }
    assert.ok(loud >= 5, `it had ${loud} turns`);
  });

  it('gives busy clients the same time, whatever they do with it', () => {
    const queue = loudAndQuiet();
    let [quietNs, loudNs] = [0, 0];
    for (let i = 0; i < 2000; i++) {
      for (const end of [QUIET_END, ...LOUD_ENDS]) queue.push(end);
      const before = queue.spentNs;
      const isQuiet = queue.first === QUIET_END;
      serve(queue, isQuiet ? 1 : 200_000);
      if (isQuiet) quietNs += queue.spentNs - before;
      else loudNs += queue.spentNs - before;
    }
    assert.ok(Math.abs(quietNs / loudNs - 1) < 0.05, `${quietNs} and ${loudNs} ns`);
  });

  it('keeps an end among those of its client when its slot passes to another', () => {
    const clientOf = Int32Array.of(LOUD, QUIET);
    const queue = new RunQueue(clientOf);
    const [stale, quiet] = [0, 2];
    queue.push(stale);
    clientOf[0] = QUIET;
    queue.push(quiet);
    assert.equal(queue.take(stale), AGAIN);
    assert.equal(queue.first, quiet);
    queue.take(quiet);
    assert.equal(queue.first, -1);
  });
});
