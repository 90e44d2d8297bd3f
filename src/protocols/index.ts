import { jsonRpc } from './jsonrpc/protocol.js';
import type { ProtocolName } from './names.js';
import type { Protocol } from './protocol.js';

/** What the enrich thread knows of protocols. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = { jsonrpc: jsonRpc };
