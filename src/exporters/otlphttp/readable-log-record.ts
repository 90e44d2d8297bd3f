import { TraceFlags } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { CallData } from '../../telemetry/call-data.js';
import { CALL_EVENT, logBody, logSeverity } from '../log-text.js';
import { type CallOrigin, withOrigins } from './call-origin.js';
import { hrTime, microseconds } from './hr-time.js';

/** Log records as the SDK's serializers take them. */
export function toReadableLogRecords(
  calls: readonly CallData[],
  origin: CallOrigin,
  isPerContainer: boolean,
): ReadableLogRecord[] {
  return withOrigins(calls, origin, isPerContainer, toReadableLogRecord);
}

/** Its time is that of the end of the call, when there is something to say of it. */
function toReadableLogRecord(call: CallData, { resource, scope }: CallOrigin): ReadableLogRecord {
  const { isSampled, traceId, spanId, startMs, endMs } = call;
  const severity = logSeverity(call);
  // A wall clock may be set back during a call.
  const time = hrTime(microseconds(Math.max(startMs, endMs)));
  return {
    hrTime: time,
    hrTimeObserved: time,
    ...(isSampled ? { spanContext: { traceId, spanId, traceFlags: TraceFlags.SAMPLED } } : {}),
    severityNumber: severity.number,
    severityText: severity.text,
    eventName: CALL_EVENT,
    body: logBody(call),
    attributes: { ...call.attributes, ...call.logAttributes },
    droppedAttributesCount: 0,
    resource,
    instrumentationScope: scope,
  };
}
