import type { CallError } from '../../../protocols/protocol.js';
import { UNKNOWN_REASONS, type UnknownReason } from '../instruments.js';

/** `error.type` of a call that nobody answered. */
const NO_RESPONSE = 'no_response';

/** How a call ended, as far as it can be told. A notification has no outcome. */
export interface CallOutcome {
  readonly kind: 'succeeded' | 'failed' | 'unanswered' | 'unknown';
  /** `error.type`: of those that failed, and of those that nobody answered. */
  readonly errorType: string | undefined;
  /** Of those that failed, where the protocol itself gave one. */
  readonly statusCode: string | undefined;
  /** Why it is unknown: neither a success nor an error. */
  readonly unknownReason: UnknownReason | undefined;
}

const NOTHING = { errorType: undefined, statusCode: undefined, unknownReason: undefined };

export const SUCCEEDED: CallOutcome = { ...NOTHING, kind: 'succeeded' };

/** Everything was seen, and nobody answered. */
export const UNANSWERED: CallOutcome = { ...NOTHING, kind: 'unanswered', errorType: NO_RESPONSE };

/** By reason. */
export const UNKNOWN = Object.fromEntries(
  UNKNOWN_REASONS.map((unknownReason) => [unknownReason, { ...NOTHING, kind: 'unknown', unknownReason }]),
) as Readonly<Record<UnknownReason, CallOutcome>>;

/** `code`: that of the error, as it is shown. One of what carries the protocol is no status code of the protocol. */
export function failed(
  code: string,
  { isOfCarrier = false }: Pick<CallError, 'isOfCarrier'> = {},
): CallOutcome {
  return { ...NOTHING, kind: 'failed', errorType: code, statusCode: isOfCarrier ? undefined : code };
}

/** What series and spans say of an outcome. `statusCode`: the attribute of the status code. */
export function outcomeAttributes(
  outcome: CallOutcome | undefined,
  statusCode: string,
): Readonly<Record<string, string>> {
  if (outcome === undefined || outcome.kind === 'succeeded') return {};
  if (outcome.kind === 'unknown') return { 'udscope.outcome': 'unknown' };
  return {
    'error.type': outcome.errorType ?? '',
    ...(outcome.statusCode === undefined ? {} : { [statusCode]: outcome.statusCode }),
  };
}
