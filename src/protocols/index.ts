import { jsonRpc } from './jsonrpc/protocol.js';
import type { ProtocolName } from './names.js';
import type { Protocol } from './protocol.js';

const protocols: Readonly<Record<ProtocolName, Protocol>> = { jsonrpc: jsonRpc };

export function protocolNamed(name: ProtocolName): Protocol {
  return protocols[name];
}
