import {
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import { type InstrumentationScope, TraceState } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import type { SpanData } from '../../telemetry/span-data.js';
import { containerResources } from './container-resources.js';

/** What all spans of an agent have in common. */
export interface SpanOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
}

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT };

const US_PER_S = 1_000_000;
const NS_PER_US = 1000;

const NO_EVENTS: TimedEvent[] = [];
const NO_LINKS: Link[] = [];

/** Spans as the SDK's serializers take them. `isPerContainer`: those of a container are under a resource of its own. */
export function toReadableSpans(
  spans: readonly SpanData[],
  { resource, scope }: SpanOrigin,
  isPerContainer: boolean,
): ReadableSpan[] {
  if (!isPerContainer) return spans.map((span) => toReadableSpan(span, { resource, scope }));
  const resourceOf = containerResources(resource);
  return spans.map((span) => {
    const { container } = span;
    const attributes = container?.without(span.attributes) ?? span.attributes;
    return toReadableSpan({ ...span, attributes }, { resource: resourceOf(container), scope });
  });
}

function toReadableSpan(span: SpanData, { resource, scope }: SpanOrigin): ReadableSpan {
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
function contextOf({ traceId, spanId, traceState }: SpanData): SpanContext {
  const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  return traceState === undefined ? context : { ...context, traceState: new TraceState(traceState) };
}

/** The parent came over the wire: it is a span of another process. */
function parentOf({ traceId }: SpanContext, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

/**
 * A float holds the ms since the epoch to a quarter of a microsecond, and whole microseconds exactly; with
 * nanoseconds, digits would be made up.
 */
function microseconds(ms: number): number {
  return Math.round(ms * 1000);
}

function hrTime(us: number): HrTime {
  return [Math.floor(us / US_PER_S), (us % US_PER_S) * NS_PER_US];
}
