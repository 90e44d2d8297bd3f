import { jsonRpcFraming } from './jsonrpc/framing.js';
import type { ProtocolName } from './names.js';
import type { ProtocolFraming } from './protocol.js';

/** What relay threads know of protocols. */
export const FRAMINGS: Readonly<Record<ProtocolName, ProtocolFraming>> = { jsonrpc: jsonRpcFraming };
