/** Whether `promise` settles before `deadlineMs` (wall clock, ms since the epoch; Infinity: no deadline). */
export async function settlesBefore(promise: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  if (deadlineMs === Number.POSITIVE_INFINITY) {
    await promise;
    return true;
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, deadlineMs - Date.now()));
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
    if (await settlesBefore(promise, Date.now() + Math.min(leftMs, STEP_MS))) return true;
  }
  return false;
}
