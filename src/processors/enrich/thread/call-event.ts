import { SEND } from '../../../protocols/direction.js';
import type { CallEvent } from '../events.js';
import { optional } from './optional.js';
import type { FinishedCall } from './span-maker.js';

/** A call as those who watch see it. */
export function callEvent(
  origin: Pick<CallEvent, 'socket' | 'container' | 'connection'>,
  { request, response, outcome, protocol, startMs, durationMs }: FinishedCall,
): CallEvent {
  return {
    type: 'call',
    ...origin,
    timeMs: startMs,
    system: protocol.name,
    method: request.method,
    from: request.direction === SEND ? 'container' : 'upstream',
    requestBytes: request.bytes,
    ...optional('id', request.idText),
    ...optional('durationMs', durationMs),
    ...optional('responseBytes', response?.bytes),
    ...(outcome?.unknownReason === undefined
      ? optional('errorType', outcome?.errorType)
      : { outcome: 'unknown', unknownReason: outcome.unknownReason }),
    ...optional('errorMessage', response?.error?.message),
    ...optional('params', request.payload),
    ...optional('result', response?.payload),
  };
}
