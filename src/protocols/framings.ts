import { dbusFraming } from './dbus/framing/index.js';
import type { ProtocolFraming } from './framing/protocol-framing.js';
import { grpcFraming } from './grpc/framing/index.js';
import { httpFraming } from './http/framing/index.js';
import { jsonRpcFraming } from './jsonrpc/framing/index.js';
import { mcpFraming } from './mcp/framing/index.js';
import { msgpackRpcFraming } from './msgpack-rpc/framing/index.js';
import { mysqlFraming } from './mysql/framing/index.js';
import { postgresqlFraming } from './postgresql/framing/index.js';
import { redisFraming } from './redis/framing/index.js';
import { ttrpcFraming } from './ttrpc/framing/index.js';
import { varlinkFraming } from './varlink/framing/index.js';

/**
 * What relay threads know of each protocol, by the name that the configuration and metrics have for it. They are tried in this
 * order: JSON-RPC is recognised by less than any other, so it comes late; but JSON-RPC over HTTP is JSON-RPC, so it comes before HTTP,
 * as MCP, whose messages are those of JSON-RPC, comes before that.
 */
export const FRAMINGS = {
  varlink: varlinkFraming,
  dbus: dbusFraming,
  postgresql: postgresqlFraming,
  ttrpc: ttrpcFraming,
  mysql: mysqlFraming,
  msgpack_rpc: msgpackRpcFraming,
  grpc: grpcFraming,
  redis: redisFraming,
  mcp: mcpFraming,
  jsonrpc: jsonRpcFraming,
  http: httpFraming,
} as const satisfies Readonly<Record<string, ProtocolFraming>>;

export type ProtocolName = keyof typeof FRAMINGS;
