import assert from 'node:assert/strict';
import { monotonicMs } from '../../../../src/linux/clock.js';
import { WallClock } from '../../../../src/processors/enrich/thread/wall-clock.js';
import { useCleanup } from '../../../support/cleanup.js';

/** `Date.now()` counts whole milliseconds, and time goes by between two looks. */
const TOLERANCE_MS = 50;

describe('WallClock', () => {
  const cleanup = useCleanup();

  /** Has the wall clock go wrong by so much. */
  function setClock(offsetMs: number): void {
    const { now } = Date;
    cleanup.defer(() => {
      Date.now = now;
    });
    Date.now = () => now() + offsetMs;
  }

  const isNear = (a: number, b: number) => assert.ok(Math.abs(a - b) < TOLERANCE_MS, `${a} is not near ${b}`);

  it('gives the time of day of a monotonic time', () => {
    const clock = new WallClock();
    isNear(clock.at(monotonicMs()), Date.now());
    isNear(clock.at(monotonicMs() - 60_000), Date.now() - 60_000);
  });

  it('keeps fractions and distances', () => {
    const clock = new WallClock();
    assert.ok(Math.abs(clock.at(1000.25) - clock.at(1000) - 0.25) < 0.001);
  });

  for (const offsetMs of [3_600_000, -3_600_000]) {
    it(`follows a clock that is set by ${offsetMs} ms, once it looks`, () => {
      const clock = new WallClock();
      const before = clock.at(0);
      setClock(offsetMs);
      assert.equal(clock.at(0), before);
      clock.adjust();
      isNear(clock.at(monotonicMs()), Date.now());
    });
  }

  it('does not follow steps of less than Date.now() counts', () => {
    setClock(0);
    const clock = new WallClock();
    const before = clock.at(0);
    Date.now = () => Math.floor(before + monotonicMs());
    clock.adjust();
    assert.equal(clock.at(0), before);
  });
});
