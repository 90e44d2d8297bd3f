import type { Attributes } from '@opentelemetry/api';
import type { CallData } from '../../telemetry/call-data.js';
import { printable } from '../../values/printable.js';
import { logBody, logSeverity } from '../log-text.js';

/** A line about a log record: all it has when `verbosity` is detailed. */
export function describeLogRecord(call: CallData, verbosity: 'normal' | 'detailed'): string {
  const { text } = logSeverity(call);
  const parts = [
    `log ${text} ${logBody(call)}`,
    ...(verbosity === 'detailed' ? [attributesText(call), ...contextTexts(call)] : []),
  ];
  return printable(parts.join(' '));
}

function attributesText({ attributes, logAttributes }: CallData): string {
  const all: Attributes = { ...attributes, ...logAttributes };
  return `{${Object.entries(all)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(',')}}`;
}

function contextTexts({ isSampled, endMs, traceId, spanId }: CallData): string[] {
  return [`at ${new Date(endMs).toISOString()}`, ...(isSampled ? [`trace ${traceId} span ${spanId}`] : [])];
}
