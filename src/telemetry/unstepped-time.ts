import type { HrTime } from '@opentelemetry/api';
import { hrTimeToMilliseconds, millisToHrTime } from '@opentelemetry/core';

/*
 * A wall clock may be set back. Times are therefore kept by a clock that never is: it follows the wall clock, also when
 * that is set ahead, and goes on by itself when that is set back.
 *
 *   unstepped = wall + set back        shown = unstepped − set back
 *
 * A start and an end are shown with the same difference, so that no point ends before it starts. A start moves only when
 * the clock is set back: to a backend, another start is another series.
 */
let setBackMs = 0;
let last = { unsteppedMs: 0, monotonicMs: 0 };

/** Now, in ms since the epoch by a clock that never goes back. */
export function unsteppedNowMs(): number {
  const monotonicMs = performance.now();
  let unsteppedMs = Date.now() + setBackMs;
  if (unsteppedMs < last.unsteppedMs) {
    const expectedMs = last.unsteppedMs + Math.floor(monotonicMs - last.monotonicMs);
    setBackMs += expectedMs - unsteppedMs;
    unsteppedMs = expectedMs;
  }
  last = { unsteppedMs, monotonicMs };
  return unsteppedMs;
}

/** A moment of the unstepped clock, by the wall clock as it is set now. */
export function shownTime(unstepped: HrTime): HrTime {
  return setBackMs === 0 ? unstepped : millisToHrTime(hrTimeToMilliseconds(unstepped) - setBackMs);
}

/** The moment of the unstepped clock that another process has shown, at most `nowMs`: the clock may have been set since. */
export function unsteppedTime([seconds, nanoseconds]: HrTime, nowMs: number): HrTime {
  const shown: HrTime = [seconds, nanoseconds];
  const unstepped = setBackMs === 0 ? shown : millisToHrTime(hrTimeToMilliseconds(shown) + setBackMs);
  return hrTimeToMilliseconds(unstepped) > nowMs ? millisToHrTime(nowMs) : unstepped;
}
