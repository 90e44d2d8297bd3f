/** The specification asks for at least so much of tracestate to be passed on. */
const TRACESTATE_LENGTH_MAX = 512;

/** https://www.w3.org/TR/trace-context/#traceparent-header; later versions may have more fields. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const TRACEPARENT_LENGTH_MAX = 256;

/** Whether a text is a traceparent that may be used. */
export function isTraceparent(text: string): boolean {
  if (text.length > TRACEPARENT_LENGTH_MAX) return false;
  const match = TRACEPARENT.exec(text);
  if (match === null) return false;
  const [, version, traceId, spanId, more] = match;
  if (version === 'ff' || (version === '00' && more !== undefined)) return false;
  return !/^0+$/.test(traceId) && !/^0+$/.test(spanId);
}

/** Whether a text may be passed on as tracestate: printable, and not longer than it needs to be. */
export function isTracestate(text: string): boolean {
  return text.length <= TRACESTATE_LENGTH_MAX && /^[\x20-\x7e\t]+$/.test(text);
}
