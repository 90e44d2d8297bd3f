/**
 * Now, on the clock of deadlines, in ms: the wall clock as it was when this process began, and monotonic from there. Setting the wall
 * clock neither ends a wait nor makes it longer.
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
 * Whether `promise` settles within `withinMs` of this process's running time: while it stands still (SIGSTOP, a frozen cgroup, a
 * machine that sleeps), nothing in it can settle.
 */
export async function settlesWithin(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  for (let leftMs = withinMs; leftMs > 0; leftMs -= STEP_MS) {
    if (await settlesBefore(promise, deadlineNow() + Math.min(leftMs, STEP_MS))) return true;
  }
  return false;
}
