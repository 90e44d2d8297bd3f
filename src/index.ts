/** The library: what a program can use of udscope in its own process. */
export {
  type EmbeddedRelay,
  type EmbeddedRelayOptions,
  startRelay,
} from './embedded-relay.js';
export { SeriesProducer, type SeriesProducerSettings } from './metrics/series-producer.js';
export type { CapturedRecord, CapturedRecords, CaptureReader } from './monitor/capture-reader.js';
export { Monitor, type SocketRegistration } from './monitor/monitor.js';
export { MonitorError } from './monitor/monitor-error.js';
export type { MonitoredSocket } from './monitor/monitored-socket.js';
export type { MonitorOptions } from './monitor/options.js';
export type { SocketName } from './monitor/socket-registry.js';
export type { StrategyOptions } from './monitor/strategy-options.js';
export type { CaptureStrategy, CaptureStrategyFactory } from './processors/capture/strategies/strategy.js';
export { ListenError } from './receivers/uds/listen-socket.js';
export { CredentialsError } from './receivers/uds/socket-credentials.js';
export { ConfigurationError, type Problem } from './service/configuration/index.js';
export { VERSION } from './version.js';
