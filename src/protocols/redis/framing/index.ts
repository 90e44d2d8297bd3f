import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { RedisFramer } from './framer.js';

/** What Redis speaks, as a relay thread knows it. */
export const redisFraming: ProtocolFraming = {
  name: 'redis',
  createFramer: (direction, meter) => new RedisFramer(direction, meter),
};
