import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** How long a condition may take before it counts as never; no test takes so long when all is well. */
const PATIENCE_MS = 30_000;

/** Conditions that are about to be true are looked at without a pause so many times. */
const EAGER_LOOKS = 50;

/**
 * Waits until `condition` gives a truthy value and returns it.
 *
 * @throws Error that says what was waited for, and `state` if given, when it never becomes true.
 */
export async function eventually<T>(
  what: string,
  condition: () => T,
  state?: () => unknown,
): Promise<Exclude<T, false | undefined | null | 0 | ''>> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (let look = 0; ; look++) {
    const value = condition();
    if (value) return value as Exclude<T, false | undefined | null | 0 | ''>;
    if (performance.now() > deadlineMs) {
      const detail = state === undefined ? '' : `: ${JSON.stringify(state())}`;
      throw new Error(`waited in vain until ${what}${detail}`);
    }
    if (look < EAGER_LOOKS) await nextTurn();
    else await sleep(1);
  }
}
