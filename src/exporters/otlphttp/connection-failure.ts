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

/** Node tries all addresses of a host and then throws an AggregateError without a message. */
function describe(error: NodeJS.ErrnoException): string {
  if (!(error instanceof AggregateError)) return error.message;
  return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join(', ');
}
