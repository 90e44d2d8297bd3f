import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { VarlinkFramer } from './framer.js';

/** Varlink as a relay thread knows it. */
export const varlinkFraming: ProtocolFraming = {
  name: 'varlink',
  createFramer: (direction, meter) => new VarlinkFramer(direction, meter),
};
