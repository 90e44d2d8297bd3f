import { SEND } from '../../direction.js';
import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { AnswerFramer } from './answer-framer.js';
import { CommandFramer } from './command-framer.js';

/** The protocol of MySQL and MariaDB as a relay thread knows it. */
export const mysqlFraming: ProtocolFraming = {
  name: 'mysql',
  createFramer: (direction, meter) =>
    direction === SEND ? new CommandFramer(meter) : new AnswerFramer(meter),
};
