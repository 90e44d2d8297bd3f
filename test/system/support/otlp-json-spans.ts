import { type Attributes, attributesOf, type JsonAttributes } from './otlp-json.js';

/** A span with everything around it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for none. */
  readonly parentSpanId: string;
  readonly name: string;
  /** `SpanKind` of opentelemetry/proto/trace/v1/trace.proto. */
  readonly kind: number;
  readonly startTimeUnixNano: bigint;
  readonly endTimeUnixNano: bigint;
  readonly attributes: Attributes;
  readonly status: { readonly code: number; readonly message: string };
  readonly scope: string;
  /** The attributes of the resource. */
  readonly resource: Attributes;
  /** Schema URLs of the resource and of the scope. */
  readonly schemaUrls: readonly string[];
}

interface JsonSpan extends JsonAttributes {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status?: { readonly code?: number; readonly message?: string };
}

interface JsonRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: JsonAttributes;
    readonly schemaUrl?: string;
    readonly scopeSpans?: readonly {
      readonly schemaUrl?: string;
      readonly scope?: { readonly name?: string };
      readonly spans?: readonly JsonSpan[];
    }[];
  }[];
}

/** The spans of one export request, as the Collector's file exporter writes it. */
export function receivedSpans(line: string): ReceivedSpan[] {
  const { resourceSpans = [] } = JSON.parse(line) as JsonRequest;
  return resourceSpans.flatMap(({ resource, schemaUrl: ofResource = '', scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, schemaUrl: ofScope = '', spans = [] }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind ?? 0,
        startTimeUnixNano: BigInt(span.startTimeUnixNano),
        endTimeUnixNano: BigInt(span.endTimeUnixNano),
        attributes: attributesOf(span),
        status: { code: span.status?.code ?? 0, message: span.status?.message ?? '' },
        scope: scope?.name ?? '',
        resource: attributesOf(resource),
        schemaUrls: [ofResource, ofScope],
      })),
    ),
  );
}
