import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import type { PrometheusExporterConfig } from '../../../src/exporters/prometheus/config.js';
import { createPrometheusExporter, type ScrapedExporter } from '../../../src/exporters/prometheus/index.js';
import { useCleanup } from '../../support/cleanup.js';
import { type Family, parsePrometheusText } from '../../support/prometheus-text.js';
import { type Agent, soon } from '../support/exporter-fixture.js';
import { type GetOptions, httpGet, type Reply } from '../support/http-get.js';

const CONFIG: PrometheusExporterConfig = {
  endpoint: { host: '127.0.0.1', port: 0 },
  path: '/metrics',
  allowed_hosts: [],
  translation_strategy: 'UnderscoreEscapingWithSuffixes',
  without_scope_info: true,
  resource_constant_labels: null,
};

/** An exporter that is started in a test and stopped after it. */
export interface StartedExporter {
  exporter: ScrapedExporter;
  address: AddressInfo;
  scrape(options?: GetOptions): Promise<Reply>;
  /** What it shows, as Prometheus reads it. */
  families(): Promise<Map<string, Family>>;
}

/** For the suite it is called in: how to start an exporter. */
export function usePrometheusExporter() {
  const cleanup = useCleanup();
  return async (agent: Agent, config: Partial<PrometheusExporterConfig> = {}): Promise<StartedExporter> => {
    const exporter = createPrometheusExporter({ ...CONFIG, ...config }, agent.context);
    cleanup.defer(() => exporter.shutdown(soon()));
    await exporter.start();
    const { address } = exporter;
    assert.ok(address);
    const scrape = (options: GetOptions = {}) => httpGet(address, options);
    const families = async () => parsePrometheusText((await scrape()).body.toString());
    return { exporter, address, scrape, families };
  };
}
