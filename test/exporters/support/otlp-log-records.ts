import { Message } from './protobuf.js';

/** One log record of an ExportLogsServiceRequest with what is around it, of either encoding. */
export interface OtlpLogRecord {
  readonly timeNs: bigint;
  readonly observedNs: bigint;
  readonly severity: { readonly number: number; readonly text: string };
  readonly eventName: string;
  readonly body: string;
  /** '' for none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly scope: string;
  readonly resource: Readonly<Record<string, string | number>>;
  /** Schema URLs of the resource and of the scope. */
  readonly schemaUrls: readonly string[];
}

/** The log records of a request. Only attributes that are texts or numbers. */
export function decodeLogRecords(contentType: string, body: Buffer): OtlpLogRecord[] {
  if (contentType === 'application/json') return decodeJson(JSON.parse(body.toString()));
  if (contentType === 'application/x-protobuf') return decodeProtobuf(new Message(body));
  throw new Error(`${contentType} is no encoding of OTLP`);
}

interface JsonKeyValues {
  attributes: {
    key: string;
    value: { stringValue?: string; intValue?: number | string; doubleValue?: number };
  }[];
}

interface JsonLogRecord extends JsonKeyValues {
  timeUnixNano: string;
  observedTimeUnixNano: string;
  severityNumber: number;
  severityText: string;
  eventName: string;
  body: { stringValue: string };
  traceId?: string;
  spanId?: string;
  flags?: number;
}

interface JsonRequest {
  resourceLogs: {
    resource: JsonKeyValues;
    schemaUrl?: string;
    scopeLogs: {
      schemaUrl?: string;
      scope: { name: string; version: string };
      logRecords: JsonLogRecord[];
    }[];
  }[];
}

function decodeJson(request: JsonRequest): OtlpLogRecord[] {
  return request.resourceLogs.flatMap(({ resource, schemaUrl: ofResource = '', scopeLogs }) =>
    scopeLogs.flatMap(({ scope, schemaUrl: ofScope = '', logRecords }) =>
      logRecords.map((record) => ({
        timeNs: BigInt(record.timeUnixNano),
        observedNs: BigInt(record.observedTimeUnixNano),
        severity: { number: record.severityNumber, text: record.severityText },
        eventName: record.eventName,
        body: record.body.stringValue,
        traceId: record.traceId ?? '',
        spanId: record.spanId ?? '',
        flags: record.flags ?? 0,
        attributes: jsonAttributes(record),
        scope: `${scope.name} ${scope.version}`,
        resource: jsonAttributes(resource),
        schemaUrls: [ofResource, ofScope],
      })),
    ),
  );
}

function jsonAttributes({ attributes }: JsonKeyValues): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value: { stringValue, intValue, doubleValue } }) => [
      key,
      stringValue ?? Number(intValue ?? doubleValue),
    ]),
  );
}

/** The numbers are those of the fields in logs_service.proto, logs.proto and common.proto. */
function decodeProtobuf(request: Message): OtlpLogRecord[] {
  return request.messages(1).flatMap((resourceLogs) =>
    resourceLogs.messages(2).flatMap((scopeLogs) => {
      const scope = scopeLogs.message(1);
      return scopeLogs.messages(2).map((record) => ({
        timeNs: record.fixed64(1) ?? 0n,
        observedNs: record.fixed64(11) ?? 0n,
        severity: { number: record.varint(2), text: record.string(3) },
        eventName: record.string(12),
        body: record.message(5).string(1),
        traceId: record.bytes(9).toString('hex'),
        spanId: record.bytes(10).toString('hex'),
        flags: record.fixed32(8) ?? 0,
        attributes: protobufAttributes(record, 6),
        scope: `${scope.string(1)} ${scope.string(2)}`,
        resource: protobufAttributes(resourceLogs.message(1), 1),
        schemaUrls: [resourceLogs.string(3), scopeLogs.string(3)],
      }));
    }),
  );
}

function protobufAttributes(message: Message, field: number): Record<string, string | number> {
  return Object.fromEntries(
    message.messages(field).map((attribute) => [attribute.string(1), anyValue(attribute.message(2))]),
  );
}

function anyValue(value: Message): string | number {
  if (value.has(1)) return value.string(1);
  return value.has(3) ? value.varint(3) : value.bytes(4).readDoubleLE();
}
