import type { CallData } from '../telemetry/call-data.js';

/** The event name of log records: all of them are of calls. */
export const CALL_EVENT = 'udscope.call';

/** SeverityNumber of opentelemetry/proto/logs/v1/logs.proto, and its text. */
const INFO = { number: 9, text: 'INFO' } as const;
const ERROR = { number: 17, text: 'ERROR' } as const;

/** A call that has failed, or that nobody has answered, is an error, as its span is. */
export function logSeverity({ error }: CallData): typeof INFO | typeof ERROR {
  return error === undefined ? INFO : ERROR;
}

/** The body of a call's log record: what was called, and what went wrong. */
export function logBody({ name, error, attributes }: CallData): string {
  if (error === undefined) return name;
  const why = [attributes['error.type'], error].filter((text) => text !== undefined && text !== '');
  return [name, 'failed:', ...why].join(' ');
}
