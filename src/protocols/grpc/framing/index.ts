import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { GrpcFramer } from './framer.js';

/** GRPC as a relay thread knows it: HTTP/2, whatever it carries. */
export const grpcFraming: ProtocolFraming = {
  name: 'grpc',
  createFramer: (_direction, meter) => new GrpcFramer(meter),
};
