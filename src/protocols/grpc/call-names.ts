import type { Attributes } from '../conventions.js';
import { knownMethod, type RequestNames } from '../http/request-names.js';
import { METHOD_LENGTH_MAX } from '../json/method-names.js';
import { cut } from '../text.js';

/** Names that are remembered by their paths. Who has more begins anew. */
const KNOWN_MAX = 1024;
const HTTP_METHOD_LENGTH_MAX = 32;
/** `GET /path`, of which no more is looked at. */
const LINE_BYTES_MAX = 4096;

const GRPC_TYPE = 'application/grpc';

const VERSION: Attributes = { 'network.protocol.version': '2' };

const known = new Map<string, string>();
const line = new Uint8Array(LINE_BYTES_MAX);

/** Whether a content type is that of gRPC, with or without that of its messages: `application/grpc+proto`, and not grpc-web. */
export function isGrpcType(type: string): boolean {
  const behind = type[GRPC_TYPE.length];
  return type.startsWith(GRPC_TYPE) && (behind === undefined || behind === '+' || behind === ';');
}

/** `package.Service/Method`: a path without its first slash; empty where it is none. */
export function methodOf(path: string): string {
  const before = known.get(path);
  if (before !== undefined) return before;
  const method = cut(/^\/?([^?#]*)/.exec(path)?.[1] ?? '', METHOD_LENGTH_MAX);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(path, method);
  return method;
}

/** As HTTP/1.1 has it: method and template. */
export function requestName(names: RequestNames, method: string, path: string): string {
  const text = `${method} ${path}`;
  const length = Math.min(text.length, line.length);
  for (let i = 0; i < length; i++) line[i] = text.charCodeAt(i);
  return names.of(line, 0, length);
}

/** What the span of a request of HTTP says of it. */
export function requestAttributes(method: string): Attributes {
  if (knownMethod(method) === method) return VERSION;
  return { ...VERSION, 'http.request.method_original': cut(method, HTTP_METHOD_LENGTH_MAX) };
}
