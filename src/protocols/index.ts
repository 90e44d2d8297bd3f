import type { ProtocolName } from './framings.js';
import { jsonRpc } from './jsonrpc/protocol.js';
import type { Protocol } from './protocol.js';

/** What the enrich thread knows of each protocol in FRAMINGS. */
export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = { jsonrpc: jsonRpc };
