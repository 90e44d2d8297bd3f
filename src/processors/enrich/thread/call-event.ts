import { SEND } from '../../../protocols/direction.js';
import type { CallEvent } from '../events.js';
import type { FinishedCall } from './call-describer.js';
import type { CallOutcome } from './call-outcome.js';
import { optional } from './optional.js';

/** A call as those who watch see it. */
export function callEvent(
  origin: Pick<CallEvent, 'socket' | 'container' | 'connection'>,
  { request, response, outcome, protocol, startMs, durationMs, firstByteMs }: FinishedCall,
): CallEvent {
  return {
    type: 'call',
    ...origin,
    timeMs: startMs,
    system: protocol.name,
    method: request.method,
    from: request.direction === SEND ? 'container' : 'upstream',
    requestBytes: request.bytes + (response?.requestBytes ?? 0),
    ...optional('namespace', request.namespace),
    ...optional('id', request.idText),
    ...optional('durationMs', durationMs),
    ...optional('firstByteMs', firstByteMs),
    ...optional('statusCode', outcome?.statusCode),
    ...optional('responseBytes', response?.bytes),
    ...endOf(outcome),
    ...optional('errorMessage', response?.error?.message),
    ...optional('params', request.payload),
    ...optional('result', response?.payload),
  };
}

function endOf(outcome: CallOutcome | undefined): Pick<CallEvent, 'outcome' | 'unknownReason' | 'errorType'> {
  if (outcome?.kind === 'cancelled') return { outcome: 'cancelled' };
  if (outcome?.unknownReason === undefined) return optional('errorType', outcome?.errorType);
  return { outcome: 'unknown', unknownReason: outcome.unknownReason };
}
