import type { Attributes, Convention } from '../../../protocols/conventions.js';
import type { CallError } from '../../../protocols/protocol.js';
import { UNKNOWN_REASONS, type UnknownReason } from '../instruments.js';

/** `error.type` of a call that nobody answered. */
const NO_RESPONSE = 'no_response';

/** How a call ended, as far as it can be told. A notification has no outcome. */
export interface CallOutcome {
  readonly kind: 'succeeded' | 'failed' | 'unanswered' | 'unknown' | 'cancelled';
  /** `error.type`: of those that failed, and of those that nobody answered. */
  readonly errorType: string | undefined;
  /** Of those that succeeded or failed, where the protocol itself gave one. */
  readonly statusCode: string | undefined;
  /** Why it is unknown: neither a success nor an error. */
  readonly unknownReason: UnknownReason | undefined;
}

const NOTHING = { errorType: undefined, statusCode: undefined, unknownReason: undefined };

export const SUCCEEDED: CallOutcome = { ...NOTHING, kind: 'succeeded' };

/** `code`: that of the answer, as it is shown. */
export function succeeded(code: string | undefined): CallOutcome {
  return code === undefined ? SUCCEEDED : { ...SUCCEEDED, statusCode: code };
}

/** Everything was seen, and nobody answered. */
export const UNANSWERED: CallOutcome = { ...NOTHING, kind: 'unanswered', errorType: NO_RESPONSE };

/** Whoever has asked does not want to know any more: neither a success nor an error. */
export const CANCELLED: CallOutcome = { ...NOTHING, kind: 'cancelled' };

/** By reason. */
export const UNKNOWN = Object.fromEntries(
  UNKNOWN_REASONS.map((unknownReason) => [unknownReason, { ...NOTHING, kind: 'unknown', unknownReason }]),
) as Readonly<Record<UnknownReason, CallOutcome>>;

/** `code`: that of the error, as it is shown. A foreign one is no status code of the protocol. */
export function failed(code: string, { isForeign = false }: Pick<CallError, 'isForeign'> = {}): CallOutcome {
  return { ...NOTHING, kind: 'failed', errorType: code, statusCode: isForeign ? undefined : code };
}

/** What series and spans say of an outcome. */
export function outcomeAttributes(outcome: CallOutcome | undefined, convention: Convention): Attributes {
  if (outcome === undefined) return {};
  const { kind, statusCode, errorType } = outcome;
  if (kind === 'unknown' || kind === 'cancelled') return { 'udscope.outcome': kind };
  const status = statusCode === undefined ? {} : convention.statusAttributes(statusCode);
  return kind === 'succeeded' ? status : { 'error.type': errorType ?? '', ...status };
}
