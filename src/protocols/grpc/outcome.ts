import { type Direction, RECV, SEND } from '../direction.js';
import type { AnswerDoubt, CallError, Response } from '../protocol.js';
import { statusName } from './status-codes.js';

/** What a response says of how its call ended. */
export type Outcome = Pick<Response, 'error' | 'doubt' | 'statusCode'>;

/** https://opentelemetry.io/docs/specs/semconv/rpc/grpc/: the codes by which a server has failed; to a client, all but OK are errors. */
const ERRORS: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

const STATUS_OF_SERVER_ERROR = 500;
const OK_OF_HTTP = '200';
const STATUS = /^[1-9]\d\d$/;
/** From 0 on. */
const CODES = 17;
const CODE = /^\d{1,5}$/;

/** What `grpc-timeout` counts in, in ms. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
/** A client begins to wait before its request is seen: on a busy machine, so long before. */
const EARLY_MS_MAX = 50;
const EARLY_PART = 0.4;

export function doubtful(doubt: AnswerDoubt): Outcome {
  return { error: undefined, doubt, statusCode: undefined };
}

function failure(error: CallError): Outcome {
  return { error, doubt: undefined, statusCode: undefined };
}

/** Of what HTTP/2 says, and no status does. */
export function carrierFailure(code: string): Outcome {
  return failure({ code, isForeign: true, message: '' });
}

/** Of a call with that status. `direction`: that of its request. */
export function statusOutcome(code: string, direction: Direction): Outcome {
  // One that nobody knows is UNKNOWN to all.
  const isError = direction === SEND ? ERRORS.has(code) || CODE.test(code) : code !== 'OK';
  if (isError) return failure({ code, message: '' });
  return { error: undefined, doubt: undefined, statusCode: code };
}

/** Of calls that were answered as nearly all are, by the direction of the request and the code. */
const ANSWERED = ([SEND, RECV] as const).map(
  (direction) =>
    new Map(
      Array.from({ length: CODES }, (_, code) => [String(code), statusOutcome(statusName(code), direction)]),
    ),
);

/**
 * Of a call whose response has ended. `grpcStatus` and `status` as the headers have them, `doubt`: why there may be a status that is not known.
 */
export function callOutcome(
  grpcStatus: string | undefined,
  status: string | undefined,
  doubt: AnswerDoubt | undefined,
  direction: Direction,
): Outcome {
  const known = grpcStatus === undefined ? undefined : ANSWERED[direction].get(grpcStatus);
  if (known !== undefined) return known;
  if (grpcStatus !== undefined && CODE.test(grpcStatus))
    return statusOutcome(statusName(Number(grpcStatus)), direction);
  if (doubt !== undefined) return doubtful(doubt);
  return foreignFailure(status) ?? doubtful('no_outcome');
}

/** Of a call that was answered by what speaks HTTP, and no gRPC: a proxy, or a server that does not know the path. */
export function foreignFailure(status: string | undefined): Outcome | undefined {
  if (status === undefined || status === OK_OF_HTTP || !STATUS.test(status)) return undefined;
  return carrierFailure(status);
}

/** Of an exchange of HTTP that has a status, as HTTP/1.1 has it. */
export function exchangeOutcome(status: string): Outcome {
  if (!STATUS.test(status)) return doubtful('no_outcome');
  if (Number(status) >= STATUS_OF_SERVER_ERROR) return failure({ code: status, message: '' });
  return { error: undefined, doubt: undefined, statusCode: status };
}

/** What comes before the response, and says nothing yet. */
export function isInterim(status: string | undefined): boolean {
  return status?.startsWith('1') === true && STATUS.test(status);
}

/** How long a client waits, in ms; Infinity if it does not say. */
export function timeoutOf(text: string | undefined): number {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text ?? '') ?? [];
  return digits === undefined ? Number.POSITIVE_INFINITY : Number(digits) * UNITS[unit];
}

/** Whether a call that the client leaves after so long has taken longer than that waits. */
export function isOverdue(afterMs: number, timeoutMs: number): boolean {
  return afterMs >= timeoutMs - Math.min(EARLY_MS_MAX, EARLY_PART * timeoutMs);
}
