import type { AddressInfo } from 'node:net';
import { originOf } from '../../http/inet-server.js';
import type { Exporter, ExporterContext } from '../exporter.js';
import type { PrometheusExporterConfig } from './config.js';
import { Exposition } from './exposition.js';
import type { PageType } from './negotiate.js';
import { ScrapeServer } from './scrape-server.js';

/** An exporter that waits to be scraped. */
export interface ScrapedExporter extends Exporter {
  /** Where it listens; undefined before it has started. */
  readonly address: AddressInfo | undefined;
}

/** An exporter that serves metrics to Prometheus. It takes nothing from the environment. */
export function createPrometheusExporter(
  config: PrometheusExporterConfig,
  context: ExporterContext,
): ScrapedExporter {
  return new PrometheusTarget(config, context);
}

/** What Prometheus calls a target. */
class PrometheusTarget implements ScrapedExporter {
  readonly #config: PrometheusExporterConfig;
  readonly #context: ExporterContext;
  readonly #server: ScrapeServer;
  #address: AddressInfo | undefined;

  constructor(config: PrometheusExporterConfig, context: ExporterContext) {
    const { source, logger } = context;
    const type = 'prometheus_http_text_metric_exporter';
    const health = context.health.of('metrics', type);
    this.#config = config;
    this.#context = context;
    const exposition = new Exposition(source, config);
    this.#server = new ScrapeServer({
      id: context.id,
      endpoint: config.endpoint,
      path: config.path,
      allowedHosts: config.allowed_hosts,
      refresh: async () => source.refresh?.(),
      expose: context.health.collecting(type, (page: PageType) => exposition.expose(page)),
      ...(context.kept === undefined ? {} : { kept: context.kept }),
      events: {
        served: (points) => {
          health.begin(points);
          health.countExported(points);
        },
        brokenOff: () => health.countFailure('unreachable'),
        failed: (error) => {
          health.countFailure('malformed');
          logger.error({ err: error }, 'metrics could not be served');
        },
      },
    });
  }

  get address(): AddressInfo | undefined {
    return this.#address;
  }

  async start(): Promise<void> {
    this.#address = await this.#server.start();
    this.#context.logger.info(`metrics for Prometheus at ${originOf(this.#address)}${this.#config.path}`);
  }

  shutdown(deadlineMs: number): Promise<void> {
    return this.#server.close(deadlineMs);
  }

  leave(deadlineMs: number): Promise<void> {
    return this.#server.leave(deadlineMs);
  }
}
