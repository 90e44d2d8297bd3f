import { type Direction, SEND } from './direction.js';

export type Attributes = Readonly<Record<string, string>>;

/** The semantic conventions' word for what is not shown by name. */
export const OTHER = '_OTHER';

/** The end of a call that the upstream is: OpenTelemetry's kind of its span, and part of the name of its metric. */
export type CallKind = 'server' | 'client';

interface DurationMetric {
  readonly name: string;
  readonly description: string;
}

/** How the calls of protocols of one kind are named in OpenTelemetry: one of its semantic conventions. */
export interface Convention {
  /** The histograms of their durations, in s: of calls of the container, and of those that its server makes to it. */
  readonly durations: Readonly<Record<CallKind, DurationMetric>>;
  /** Attribute of spans: the method where `methodAttributes` does not show it as it was sent. */
  readonly originalMethod: string;
  /** Attribute for the status code, where the protocol gave one. */
  readonly statusCode: string;
  /** What series and spans say of a method. `method` is bounded; OTHER where it is not shown by name. */
  methodAttributes(protocol: string, method: string): Attributes;
  spanName(protocol: string, method: string): string;
  /** `direction`: that of the request. */
  callKind(direction: Direction): CallKind;
}

/** https://opentelemetry.io/docs/specs/semconv/rpc/ */
export const RPC: Convention = {
  durations: {
    server: {
      name: 'rpc.server.call.duration',
      description: 'Time from the first byte of a request to the last byte of its response, at the relay.',
    },
    client: {
      name: 'rpc.client.call.duration',
      description: 'The same for calls that the server makes to its client.',
    },
  },
  originalMethod: 'rpc.method_original',
  statusCode: 'rpc.status_code',
  methodAttributes: (protocol, method) => ({ 'rpc.system.name': protocol, 'rpc.method': method }),
  spanName: (protocol, method) => (method === OTHER ? protocol : method),
  // What the container asks for is served by the host; what the host asks for, it asks as a client.
  callKind: (direction) => (direction === SEND ? 'server' : 'client'),
};

/** All of them. Each has columns of its own in the series of calls. */
export const CONVENTIONS: readonly Convention[] = [RPC];
