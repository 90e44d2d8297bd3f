import { Message } from './protobuf.js';

/** One span of an ExportTraceServiceRequest with what is around it, of either encoding. */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for none, as are the other texts. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, string>>;
  readonly status: { readonly code: number; readonly message: string };
  readonly scope: string;
  readonly resource: Readonly<Record<string, string>>;
  /** Schema URLs of the resource and of the scope. */
  readonly schemaUrls: readonly string[];
}

/** The spans of a request. Only attributes that are strings. */
export function decodeSpans(contentType: string, body: Buffer): OtlpSpan[] {
  if (contentType === 'application/json') return decodeJson(JSON.parse(body.toString()));
  if (contentType === 'application/x-protobuf') return decodeProtobuf(new Message(body));
  throw new Error(`${contentType} is no encoding of OTLP`);
}

interface JsonKeyValues {
  attributes: { key: string; value: { stringValue: string } }[];
}

interface JsonSpan extends JsonKeyValues {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status: { code: number; message?: string };
}

interface JsonRequest {
  resourceSpans: {
    resource: JsonKeyValues;
    schemaUrl?: string;
    scopeSpans: { schemaUrl?: string; scope: { name: string; version: string }; spans: JsonSpan[] }[];
  }[];
}

function decodeJson(request: JsonRequest): OtlpSpan[] {
  return request.resourceSpans.flatMap(({ resource, schemaUrl: ofResource = '', scopeSpans }) =>
    scopeSpans.flatMap(({ scope, schemaUrl: ofScope = '', spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        traceState: span.traceState ?? '',
        flags: span.flags,
        name: span.name,
        kind: span.kind,
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: jsonAttributes(span),
        status: { code: span.status.code, message: span.status.message ?? '' },
        scope: `${scope.name} ${scope.version}`,
        resource: jsonAttributes(resource),
        schemaUrls: [ofResource, ofScope],
      })),
    ),
  );
}

function jsonAttributes({ attributes }: JsonKeyValues): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));
}

/** The numbers are those of the fields in trace_service.proto, trace.proto and common.proto. */
function decodeProtobuf(request: Message): OtlpSpan[] {
  return request.messages(1).flatMap((resourceSpans) =>
    resourceSpans.messages(2).flatMap((scopeSpans) => {
      const scope = scopeSpans.message(1);
      return scopeSpans.messages(2).map((span) => ({
        traceId: span.bytes(1).toString('hex'),
        spanId: span.bytes(2).toString('hex'),
        parentSpanId: span.bytes(4).toString('hex'),
        traceState: span.string(3),
        flags: span.fixed32(16) ?? 0,
        name: span.string(5),
        kind: span.varint(6),
        startNs: span.fixed64(7) ?? 0n,
        endNs: span.fixed64(8) ?? 0n,
        attributes: protobufAttributes(span, 9),
        status: { code: span.message(15).varint(3), message: span.message(15).string(2) },
        scope: `${scope.string(1)} ${scope.string(2)}`,
        resource: protobufAttributes(resourceSpans.message(1), 1),
        schemaUrls: [resourceSpans.string(3), scopeSpans.string(3)],
      }));
    }),
  );
}

function protobufAttributes(message: Message, field: number): Record<string, string> {
  return Object.fromEntries(
    message.messages(field).map((attribute) => [attribute.string(1), attribute.message(2).string(1)]),
  );
}
