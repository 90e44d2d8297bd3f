import type { SocketCapture } from '../../processors/observer.js';
import type { UdsReceiverConfig } from './config.js';
import type { RelayedSocket } from './sockets/relayed-socket.js';

/** What a receiver is to relay, and how its series are named. */
export interface UdsReceiverSettings {
  config: UdsReceiverConfig;
  /** Names of the container attributes that become attributes of the metrics. */
  attributes: readonly string[];
  /** How each socket is captured. Left out: not at all. */
  capture?: (socket: RelayedSocket) => SocketCapture | undefined;
  /** Where proc(5) is mounted. Default: /proc. */
  procRoot?: string;
}
