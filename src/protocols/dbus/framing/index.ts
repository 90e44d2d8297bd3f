import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { DBusFramer } from './framer.js';

/** D-Bus as a relay thread knows it. */
export const dbusFraming: ProtocolFraming = {
  name: 'dbus',
  createFramer: (direction, meter) => new DBusFramer(direction, meter),
};
