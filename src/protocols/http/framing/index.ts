import { SEND } from '../../direction.js';
import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { REQUEST_BLOCKS, RESPONSE_BLOCKS } from './header-block-scanner.js';
import { HttpFramer } from './http-framer.js';

/** HTTP as a relay thread knows it: what is sent are requests, what is received are the responses to them. */
export const httpFraming: ProtocolFraming = {
  name: 'http',
  successor: 'grpc',
  createFramer: (direction, meter) =>
    new HttpFramer(direction === SEND ? REQUEST_BLOCKS : RESPONSE_BLOCKS, meter),
};
