import { type Direction, SEND } from './direction.js';

export type Attributes = Readonly<Record<string, string>>;

/** The semantic conventions' word for what is not shown by name. */
export const OTHER = '_OTHER';

/** How the calls of protocols of one kind are named in OpenTelemetry: one of its semantic conventions. */
export interface Convention {
  /** The histogram of their durations, in s. */
  readonly duration: { readonly name: string; readonly description: string };
  /** Attribute of spans: the method where `methodAttributes` does not show it as it was sent. */
  readonly originalMethod: string;
  /** Attribute for the status code, where the protocol gave one. */
  readonly statusCode: string;
  /** What series and spans say of a method. `method` is bounded; OTHER where it is not shown by name. */
  methodAttributes(protocol: string, method: string): Attributes;
  spanName(protocol: string, method: string): string;
  /** `direction`: that of the request. */
  spanKind(direction: Direction): 'server' | 'client';
}

/** https://opentelemetry.io/docs/specs/semconv/rpc/ */
export const RPC: Convention = {
  duration: {
    name: 'rpc.server.call.duration',
    description: 'Time from the first byte of a request to the last byte of its response, at the relay.',
  },
  originalMethod: 'rpc.method_original',
  statusCode: 'rpc.status_code',
  methodAttributes: (protocol, method) => ({ 'rpc.system.name': protocol, 'rpc.method': method }),
  spanName: (protocol, method) => (method === OTHER ? protocol : method),
  // What the container asks for is served by the host; what the host asks for, it asks as a client.
  spanKind: (direction) => (direction === SEND ? 'server' : 'client'),
};

/** All of them. Each has columns of its own in the series of calls. */
export const CONVENTIONS: readonly Convention[] = [RPC];
