/** The library: what a program can use of udscope in its own process. */

export { ConfigurationError, type Problem } from './configuration/index.js';
export { ListenError } from './linux/unix-listener.js';
export type { CapturedRecord, CapturedRecords, CaptureReader } from './monitor/capture-reader.js';
export { Monitor, type SocketRegistration } from './monitor/monitor.js';
export { MonitorError } from './monitor/monitor-error.js';
export type { MonitoredSocket } from './monitor/monitored-socket.js';
export type { MonitorOptions } from './monitor/options.js';
export type { SocketName } from './monitor/socket-registry.js';
export type { StrategyOptions } from './monitor/strategy-options.js';
export type { CaptureStrategy, CaptureStrategyFactory } from './processors/capture/strategies/strategy.js';
export { CredentialsError } from './receivers/uds/index.js';
export {
  type EmbeddedRelay,
  type EmbeddedRelayOptions,
  startRelay,
} from './service/embedded-relay.js';
export { SeriesProducer, type SeriesProducerSettings } from './telemetry/series-producer.js';
export { VERSION } from './version.js';
