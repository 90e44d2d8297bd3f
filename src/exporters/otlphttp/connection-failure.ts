import type { ClientRequest } from 'node:http';
import { printable } from '../../values/printable.js';
import type { Failed } from './outcome.js';

/** Node's code for a request that was aborted by its signal. */
const ABORTED = 'ABORT_ERR';

const OUT_OF_TIME = 'UDSCOPE_OUT_OF_TIME';

/**
 * What waiting may cure. ENOENT and EAGAIN are a Unix socket's: its server has not made it yet, or has a
 * full backlog.
 */
const RETRYABLE_CODES: ReadonlySet<string | undefined> = new Set([
  'EADDRNOTAVAIL',
  'EAGAIN',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * What is wrong with a certificate, by OpenSSL's codes. It may be cured as well: certificates are renewed on both sides,
 * and seldom at the same moment.
 */
const CERTIFICATE_FAULTS: ReadonlyMap<string | undefined, string> = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed; trust it with tls.ca_file'],
  [
    'SELF_SIGNED_CERT_IN_CHAIN',
    'its certificate is of an authority that is not trusted; give it as tls.ca_file',
  ],
  [
    'UNABLE_TO_GET_ISSUER_CERT',
    'its certificate is of an authority that is not trusted; give it as tls.ca_file',
  ],
  [
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'its certificate is of an authority that is not trusted; give it as tls.ca_file',
  ],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'its certificate is of an authority that is not trusted; give it as tls.ca_file',
  ],
  ['CERT_SIGNATURE_FAILURE', 'its certificate is signed by another than the trusted authority of that name'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet; are the clocks right?'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
]);

/** OpenSSL's codes of handshakes that fail otherwise. */
const HANDSHAKE_FAULTS: readonly [code: RegExp, message: string][] = [
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/, 'it does not speak TLS there; is it http://?'],
  [
    /ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)/,
    'it refuses a client without a certificate; give tls.cert_file and tls.key_file',
  ],
  [/ALERT_CERTIFICATE_EXPIRED/, 'it says that the certificate of udscope has expired (tls.cert_file)'],
  [
    /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_REVOKED)/,
    'it does not trust the certificate of udscope (tls.cert_file)',
  ],
  [/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, 'it does not speak TLS of min_version to max_version'],
];

/** The error to end a request with that was not answered in time. */
export function outOfTime(timeoutMs: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: OUT_OF_TIME });
}

/** What a missing answer means. */
export function connectionFailure(error: NodeJS.ErrnoException): Failed {
  const { code } = error;
  if (code === OUT_OF_TIME) return { kind: 'retryable', reason: 'timeout', message: error.message };
  if (code === ABORTED) {
    return { kind: 'permanent', reason: 'timeout', message: 'no answer in the time the export had' };
  }
  const fault = tlsFault(error);
  if (fault !== undefined) {
    return { kind: 'retryable', reason: 'unreachable', message: printable(`${fault} (${describe(error)})`) };
  }
  // A code of llhttp: there was an answer, but not in HTTP.
  const reason = code?.startsWith('HPE_') === true ? 'malformed' : 'unreachable';
  const kind = RETRYABLE_CODES.has(code) ? 'retryable' : 'permanent';
  return { kind, reason, message: printable(describe(error)) };
}

/**
 * Whether a request failed only because its destination was just then closing the kept connection it was
 * sent over. Another try right away goes over a new one.
 */
export function isStaleConnection(request: ClientRequest, { code }: NodeJS.ErrnoException): boolean {
  return request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
}

/** Why TLS failed, in words for users; undefined for other failures. */
function tlsFault({ code = '', message }: NodeJS.ErrnoException): string | undefined {
  const fault = CERTIFICATE_FAULTS.get(code);
  if (fault !== undefined || !/^(?:ERR_SSL_|EPROTO)/.test(code)) return fault;
  // Older versions of Node have the reason only in the message, in small letters.
  const text = `${code} ${message.toUpperCase().replaceAll(' ', '_')}`;
  return HANDSHAKE_FAULTS.find(([pattern]) => pattern.test(text))?.[1] ?? 'no agreement on TLS';
}

/** Node tries all addresses of a host and then throws an AggregateError without a message. */
function describe(error: NodeJS.ErrnoException): string {
  if (!(error instanceof AggregateError)) return error.message;
  return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join(', ');
}
