import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { PostgresqlFramer } from './framer.js';

/** PostgreSQL as a relay thread knows it. */
export const postgresqlFraming: ProtocolFraming = {
  name: 'postgresql',
  createFramer: (direction, meter) => new PostgresqlFramer(direction, meter),
};
