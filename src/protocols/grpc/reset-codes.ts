/** https://www.rfc-editor.org/rfc/rfc9113#section-7 */
const NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors: what they are to gRPC, where that is not INTERNAL. */
const STATUSES: Readonly<Record<string, string>> = {
  REFUSED_STREAM: 'UNAVAILABLE',
  CANCEL: 'CANCELLED',
  ENHANCE_YOUR_CALM: 'RESOURCE_EXHAUSTED',
  INADEQUATE_SECURITY: 'PERMISSION_DENIED',
};

/** The name of what a stream was reset with, or its number where it has none. */
export function resetName(code: number): string {
  return NAMES[code] ?? String(code);
}

/** The status that a call has whose stream the server has reset. */
export function resetStatus(code: number): string {
  return STATUSES[resetName(code)] ?? 'INTERNAL';
}

/** The same where the client has: one that wants no more of the call says CANCEL, or that there is no error. */
export function leftStatus(code: number): string {
  return code === 0 ? 'CANCELLED' : resetStatus(code);
}
