import { dbus } from './dbus/protocol.js';
import type { ProtocolName } from './framings.js';
import { grpc } from './grpc/protocol.js';
import { http } from './http/protocol.js';
import { jsonRpc } from './jsonrpc/protocol.js';
import { mcp } from './mcp/protocol.js';
import { msgpackRpc } from './msgpack-rpc/protocol.js';
import { mysql } from './mysql/protocol.js';
import { postgresql } from './postgresql/protocol.js';
import type { Protocol } from './protocol.js';
import { redis } from './redis/protocol.js';
import { ttrpc } from './ttrpc/protocol.js';
import { varlink } from './varlink/protocol.js';

/** What the enrich thread knows of each protocol in FRAMINGS. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  varlink,
  dbus,
  postgresql,
  ttrpc,
  mysql,
  msgpack_rpc: msgpackRpc,
  grpc,
  redis,
  mcp,
  jsonrpc: jsonRpc,
  http,
};
