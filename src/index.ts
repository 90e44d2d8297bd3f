/** The library: what a program can use of udscope in its own process. */
export {
  type EmbeddedRelay,
  type EmbeddedRelayOptions,
  startRelay,
} from './embedded-relay.js';
export { SeriesProducer, type SeriesProducerSettings } from './metrics/series-producer.js';
export { ListenError } from './receivers/uds/listen-socket.js';
export { ConfigurationError, type Problem } from './service/configuration/index.js';
export { VERSION } from './version.js';
