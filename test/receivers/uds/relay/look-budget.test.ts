import assert from 'node:assert/strict';
import { EPOLLIN } from '../../../../src/linux/constants.js';
import { Epoll } from '../../../../src/linux/epoll.js';
import { LookBudget } from '../../../../src/receivers/uds/relay/look-budget.js';
import { useCleanup } from '../../../support/cleanup.js';

describe('LookBudget', () => {
  const cleanup = useCleanup();
  let nowMs: number;
  let budget: LookBudget;

  beforeEach(() => {
    nowMs = 5;
    budget = new LookBudget(() => nowMs);
    cleanup.defer(() => budget.close());
  });

  /** How many looks at so many bytes there are before nothing is left. */
  function looks(bytes: number): number {
    let count = 0;
    for (; budget.isLeft; count++) budget.spend(bytes);
    return count;
  }

  it('is spent by looks, and sooner by long ones', () => {
    const short = looks(1);
    nowMs += 10;
    budget.refill();
    assert.ok(short > 20 * looks(100_000));
  });

  it('is as large as one wants that takes its time', () => {
    for (let i = 0; i < 10_000; i++) {
      nowMs += 0.2;
      budget.spend(1);
      assert.ok(budget.isLeft);
    }
  });

  it('reads no clock and sets no timer for what is spent beyond it', () => {
    let looked = 0;
    const overspent = new LookBudget(() => {
      looked++;
      return nowMs;
    });
    cleanup.defer(() => overspent.close());
    while (overspent.isLeft) overspent.spend(1);
    const before = looked;
    nowMs += 20;
    for (let i = 0; i < 100; i++) overspent.spend(1);
    assert.deepEqual([looked, overspent.isLeft], [before, false]);
  });

  it('is refilled less and less often while the thread is busy', () => {
    const epoll = new Epoll(1);
    cleanup.defer(() => epoll.close());
    epoll.add(budget.timerFd, EPOLLIN, 7, 0);
    /** Spends all in so many ms. Returns how long, in real ms, it takes until it is refilled. */
    function rest(tookMs: number): number {
      nowMs += tookMs;
      const sinceMs = performance.now();
      looks(1);
      assert.equal(epoll.wait(-1), 1);
      const restMs = performance.now() - sinceMs;
      budget.refill();
      return restMs;
    }
    for (const least of [9, 19, 39, 79, 79]) assert.ok(rest(1) > least);
    // Little is said: all can be looked at.
    for (let i = 0; i < 1000; i++) {
      nowMs += 0.2;
      budget.spend(1);
      assert.ok(budget.isLeft);
    }
    const shortest = Math.min(
      ...[1, 2, 3].map(() => {
        nowMs += 20;
        budget.spend(1000 * 4096);
        return rest(1);
      }),
    );
    assert.ok(shortest < 70, `${shortest} ms`);
  });

  it('says when it is refilled', () => {
    const epoll = new Epoll(1);
    cleanup.defer(() => epoll.close());
    epoll.add(budget.timerFd, EPOLLIN, 7, 0);
    const before = looks(1);
    assert.equal(epoll.wait(-1), 1);
    nowMs += 10;
    budget.refill();
    assert.equal(epoll.wait(0), 0);
    assert.equal(looks(1), before);
  });
});
