import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { TtrpcFramer } from './framer.js';

/** Ttrpc as a relay thread knows it. */
export const ttrpcFraming: ProtocolFraming = {
  name: 'ttrpc',
  createFramer: (direction, meter) => new TtrpcFramer(direction, meter),
};
