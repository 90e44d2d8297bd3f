/** The face of the `uds` receiver: what the rest of the house may use of it. */
export {
  type UdsReceiverConfig,
  type UdsSocketConfig,
  udsReceiverSchema,
  udsSocketSchema,
} from './config.js';
export { checkUdsReceivers, udsAttributes, udsPaths } from './config-checks.js';
export { ContainerSockets } from './containers/container-sockets.js';
export { UdsReceiverControl } from './control.js';
export { CLOSED, OPENED, RECV_BYTES, RECV_OPS, SEND_BYTES, SEND_OPS } from './counters.js';
export { impliedByUds } from './implied.js';
export { UDS_INSTRUMENTS } from './instruments.js';
export { UdsReceiver, type UdsReceiverContext } from './receiver.js';
export { trafficCounts } from './report/traffic-counts.js';
export { SELECTABLE_ATTRIBUTES } from './sockets/attributes.js';
export { checkStrategies } from './sockets/check-strategies.js';
export { countedAs } from './sockets/counted-client.js';
export { HopBook } from './sockets/hop-book.js';
export type { RelayedSocket } from './sockets/relayed-socket.js';
export { CredentialsError } from './sockets/socket-credentials.js';
export { UpstreamError } from './sockets/upstream-error.js';
