/**
 * Now, on the clock of deadlines, in ms: since the epoch as it was known when this process began, and monotonic from
 * there. A wall clock that is set while somebody waits ends no wait, and makes none longer.
 */
export function deadlineNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Whether `promise` settles before `deadlineMs` (as of `deadlineNow`; Infinity: no deadline). */
export async function settlesBefore(promise: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  if (deadlineMs === Number.POSITIVE_INFINITY) {
    await promise;
    return true;
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, deadlineMs - deadlineNow()));
  });
  const settled = promise.then(
    () => true as const,
    () => true as const,
  );
  const inTime = await Promise.race([settled, late]);
  clearTimeout(timer);
  return inTime;
}

const STEP_MS = 1000;

/**
 * Whether `promise` settles within `withinMs`, as far as this process ran: while it stood still (SIGSTOP, a frozen cgroup,
 * a machine that slept), nobody in it could answer.
 */
export async function settlesWithin(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  for (let leftMs = withinMs; leftMs > 0; leftMs -= STEP_MS) {
    if (await settlesBefore(promise, deadlineNow() + Math.min(leftMs, STEP_MS))) return true;
  }
  return false;
}
