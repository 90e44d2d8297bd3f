import { type Attributes, attributesOf, type JsonAttributes } from './otlp-json.js';

/** A log record with what is around it. */
export interface ReceivedLogRecord {
  readonly timeUnixNano: bigint;
  /** `SeverityNumber` of opentelemetry/proto/logs/v1/logs.proto. */
  readonly severityNumber: number;
  readonly eventName: string;
  readonly body: string;
  /** '' for none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
  readonly scope: string;
  /** The attributes of the resource. */
  readonly resource: Attributes;
}

interface JsonLogRecord extends JsonAttributes {
  readonly timeUnixNano: string;
  readonly severityNumber?: number;
  readonly eventName?: string;
  readonly body?: { readonly stringValue?: string };
  readonly traceId?: string;
  readonly spanId?: string;
}

interface JsonRequest {
  readonly resourceLogs?: readonly {
    readonly resource?: JsonAttributes;
    readonly scopeLogs?: readonly {
      readonly scope?: { readonly name?: string };
      readonly logRecords?: readonly JsonLogRecord[];
    }[];
  }[];
}

/** The log records of one export request, as the Collector's file exporter writes it. */
export function receivedLogRecords(line: string): ReceivedLogRecord[] {
  const { resourceLogs = [] } = JSON.parse(line) as JsonRequest;
  return resourceLogs.flatMap(({ resource, scopeLogs = [] }) =>
    scopeLogs.flatMap(({ scope, logRecords = [] }) =>
      logRecords.map((record) => ({
        timeUnixNano: BigInt(record.timeUnixNano),
        severityNumber: record.severityNumber ?? 0,
        eventName: record.eventName ?? '',
        body: record.body?.stringValue ?? '',
        traceId: record.traceId ?? '',
        spanId: record.spanId ?? '',
        attributes: attributesOf(record),
        scope: scope?.name ?? '',
        resource: attributesOf(resource),
      })),
    ),
  );
}
