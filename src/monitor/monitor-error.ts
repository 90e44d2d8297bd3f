/** A monitor, or a handle of it, was used as it cannot be. The message says what would be accepted. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';
  readonly code = 'UDSCOPE_MONITOR';
}
