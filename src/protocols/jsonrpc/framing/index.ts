import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { httpFraming } from '../../http/framing/index.js';
import { JsonRpcFramer } from './framer.js';

/** JSON-RPC as a relay thread knows it. */
export const jsonRpcFraming: ProtocolFraming = {
  name: 'jsonrpc',
  successor: httpFraming.successor,
  createFramer: (_direction, meter) => new JsonRpcFramer(meter),
};
