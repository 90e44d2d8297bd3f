import assert from 'node:assert/strict';
import { deadlineNow, settlesBefore } from '../../src/async/deadline.js';
import { useCleanup } from '../support/cleanup.js';

const HOUR_MS = 3_600_000;
const never = () => new Promise<void>(() => {});

describe('a deadline', () => {
  const cleanup = useCleanup();
  const { now } = Date;

  function setWallClockBy(ms: number): void {
    Date.now = () => now() + ms;
    cleanup.defer(() => {
      Date.now = now;
    });
  }

  it('is where it was when the wall clock is set back', async () => {
    const deadlineMs = deadlineNow() + 50;
    setWallClockBy(-HOUR_MS);
    const startMs = performance.now();
    assert.equal(await settlesBefore(never(), deadlineMs), false);
    assert.ok(performance.now() - startMs < HOUR_MS / 1000);
  });

  it('is where it was when the wall clock is set ahead', async () => {
    const deadlineMs = deadlineNow() + 10_000;
    setWallClockBy(HOUR_MS);
    const soon = new Promise<void>((resolve) => setTimeout(resolve, 20));
    assert.equal(await settlesBefore(soon, deadlineMs), true);
  });
});
