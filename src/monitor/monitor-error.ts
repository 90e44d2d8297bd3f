/** A monitor or one of its sockets was used incorrectly. The message says what is accepted. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';
  readonly code = 'UDSCOPE_MONITOR';
}
