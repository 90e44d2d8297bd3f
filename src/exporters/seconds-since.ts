const MS_PER_S = 1000;

/** `startMs`: as `performance.now()` gives it. */
export function secondsSince(startMs: number): number {
  return (performance.now() - startMs) / MS_PER_S;
}
