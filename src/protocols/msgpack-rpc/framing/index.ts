import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { MsgpackRpcFramer } from './framer.js';

/** MessagePack-RPC as a relay thread knows it. */
export const msgpackRpcFraming: ProtocolFraming = {
  name: 'msgpack_rpc',
  createFramer: (_direction, meter) => new MsgpackRpcFramer(meter),
};
