import { type Link, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import type { CallData } from '../../telemetry/call-data.js';
import { type CallOrigin, withOrigins } from './call-origin.js';
import { hrTime, microseconds } from './hr-time.js';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

const NO_EVENTS: TimedEvent[] = [];
const NO_LINKS: Link[] = [];

/** Spans as the SDK's serializers take them. */
export function toReadableSpans(
  calls: readonly CallData[],
  origin: CallOrigin,
  isPerContainer: boolean,
): ReadableSpan[] {
  return withOrigins(calls, origin, isPerContainer, toReadableSpan);
}

function toReadableSpan(span: CallData, { resource, scope }: CallOrigin): ReadableSpan {
  const context = contextOf(span);
  const startUs = microseconds(span.startMs);
  // A wall clock may be set back during a call.
  const endUs = Math.max(startUs, microseconds(span.endMs));
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => context,
    ...(span.parentSpanId === undefined ? {} : { parentSpanContext: parentOf(context, span.parentSpanId) }),
    startTime: hrTime(startUs),
    endTime: hrTime(endUs),
    duration: hrTime(endUs - startUs),
    status:
      span.error === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: span.error },
    attributes: span.attributes,
    events: NO_EVENTS,
    links: NO_LINKS,
    ended: true,
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Every exported span was sampled. */
function contextOf({ traceId, spanId, traceState }: CallData): SpanContext {
  const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  return traceState === undefined ? context : { ...context, traceState: new TraceState(traceState) };
}

/** The parent came over the wire: it is a span of another process. */
function parentOf({ traceId }: SpanContext, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}
