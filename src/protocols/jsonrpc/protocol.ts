import { type Attributes, RPC } from '../conventions.js';
import type { Protocol, Request } from '../protocol.js';
import { JsonRpcDecoder } from './decoder.js';
import { jsonRpcFraming } from './framing/index.js';

/** https://opentelemetry.io/docs/specs/semconv/rpc/json-rpc/ */
function spanAttributes({ idText }: Request): Attributes {
  return {
    'jsonrpc.protocol.version': '2.0',
    ...(idText === undefined ? {} : { 'jsonrpc.request.id': idText }),
  };
}

/**
 * JSON-RPC 2.0, and 1.0 as far as it is alike: one message a line, messages one after the other, in the
 * Content-Length framing of LSP, and in bodies of HTTP/1.1. Either side may call the other. Batches are
 * their elements.
 */
export const jsonRpc: Protocol = {
  ...jsonRpcFraming,
  matching: 'id',
  convention: RPC,
  carriers: ['http'],
  spanAttributes,
  createDecoder: (sink, settings) => new JsonRpcDecoder(sink, settings),
};
