/**
 * The wait that a Retry-After header asks for, in ms (RFC 9110, section 10.2.3: seconds, or a date).
 * Undefined when it asks for none, or for nothing that can be understood.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  // Zero would make a tight loop of a receiver that cannot keep up: the back-off is better for both.
  return waitMs > 0 ? waitMs : undefined;
}
