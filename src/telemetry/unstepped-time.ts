import type { HrTime } from '@opentelemetry/api';
import { hrTimeToMilliseconds, millisToHrTime } from '@opentelemetry/core';

/*
 * A wall clock may be set back. What is remembered of time is therefore remembered on a clock that is not: it follows
 * the wall clock, also where that is set ahead, and where that is set back it goes on by itself.
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
