import type { CallData } from '../../telemetry/call-data.js';
import { printable } from '../../values/printable.js';

const US_PER_MS = 1000;

/** A line about a span: all it has when `verbosity` is detailed. */
export function describeSpan(span: CallData, verbosity: 'normal' | 'detailed'): string {
  const { name, kind } = span;
  const isDetailed = verbosity === 'detailed';
  const parts = [
    `span ${name}${isDetailed ? attributesText(span) : ''} ${kind} ${durationText(span)}`,
    ...(isDetailed ? contextTexts(span) : []),
    ...errorTexts(span),
  ];
  return printable(parts.join(' '));
}

/** To the microsecond, which is as much as is known. */
function durationText({ startMs, endMs }: CallData): string {
  return `${Math.round((endMs - startMs) * US_PER_MS) / US_PER_MS}ms`;
}

function attributesText({ attributes }: CallData): string {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `{${pairs.join(',')}}`;
}

function contextTexts({ startMs, traceId, spanId, parentSpanId, traceState }: CallData): string[] {
  return [
    `since ${new Date(startMs).toISOString()} trace ${traceId} span ${spanId}`,
    ...(parentSpanId === undefined ? [] : [`parent ${parentSpanId}`]),
    ...(traceState === undefined ? [] : [`state ${JSON.stringify(traceState)}`]),
  ];
}

function errorTexts({ error }: CallData): string[] {
  if (error === undefined) return [];
  return [error === '' ? 'error' : `error ${JSON.stringify(error)}`];
}
