import type { Signal } from '../../values/signal.js';
import type { ExporterContext } from '../exporter.js';
import { type OtlpHttpExporterConfig, type OtlpTarget, targetOf } from './config.js';
import { DeliveryLog } from './delivery-log.js';
import { HttpSender } from './http-sender.js';

/** The way of a signal to its destination, and what is said of how it fares there. */
interface Route {
  sender: HttpSender;
  log: DeliveryLog;
}

const CONTENT_TYPES = { proto: 'application/x-protobuf', json: 'application/json' };

/** What is exported, as users call it. */
const WORDS = { metrics: 'metrics', traces: 'spans' } as const;

/** Each signal has a connection of its own: a request of one does not wait for those of the other. */
export function createRoute(
  signal: Signal,
  config: OtlpHttpExporterConfig,
  { source, logger }: ExporterContext,
): Route {
  const target = targetOf(signal, config);
  const sender = new HttpSender({
    target,
    signal,
    headers: config.headers,
    contentType: CONTENT_TYPES[config.encoding],
    compression: config.compression,
    userAgent: `udscope/${source.scope.version ?? 'unknown'}`,
    timeoutMs: config.timeout,
  });
  const log = new DeliveryLog({ logger, what: WORDS[signal], destination: visibleTarget(target) });
  return { sender, log };
}

/** Where requests go, without what a URL may have of secrets: user, password, query. */
function visibleTarget({ url, socketPath }: OtlpTarget): string {
  if (socketPath !== undefined) return `unix://${socketPath}`;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
