import type { Exporter } from '../../../src/exporters/exporter.js';
import type { OtlpHttpExporterConfig } from '../../../src/exporters/otlphttp/config.js';
import { createOtlpHttpExporter } from '../../../src/exporters/otlphttp/index.js';
import { tlsSchema } from '../../../src/exporters/otlphttp/tls-config.js';
import { useCleanup } from '../../support/cleanup.js';
import { type Agent, soon } from '../support/exporter-fixture.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';

/**
 * As fast as a machine with other things to do allows: an export that has been taken, but whose answer is
 * read only after the interval, is sent again. Retries take no part unless a test wants them.
 */
const CONFIG: OtlpHttpExporterConfig = {
  endpoint: 'http://127.0.0.1:9',
  metrics_endpoint: null,
  traces_endpoint: null,
  logs_endpoint: null,
  headers: {},
  tls: tlsSchema.parse({}),
  compression: 'none',
  encoding: 'proto',
  timeout: 1000,
  interval: 100,
  temporality: 'cumulative',
  resource_per_container: false,
  retry_on_failure: {
    enabled: false,
    initial_interval: 5,
    max_interval: 20,
    max_elapsed_time: 0,
    multiplier: 1.5,
  },
  sending_queue: { enabled: true, queue_size: 1000 },
};

type Changes = Partial<Omit<OtlpHttpExporterConfig, 'retry_on_failure'>> & {
  retry_on_failure?: Partial<OtlpHttpExporterConfig['retry_on_failure']>;
};

/** For the suite it is called in: receivers and exporters that are closed after each test. */
export function useOtlp() {
  const cleanup = useCleanup();
  return {
    cleanup,

    async listen(where: { socketPath?: string; port?: number } = {}): Promise<OtlpReceiver> {
      const receiver = new OtlpReceiver();
      cleanup.defer(() => receiver.close());
      return await receiver.listen(where);
    },

    async start(agent: Agent, changes: Changes): Promise<Exporter> {
      const retry = { ...CONFIG.retry_on_failure, ...changes.retry_on_failure };
      const config = { ...CONFIG, ...changes, retry_on_failure: retry };
      const exporter = createOtlpHttpExporter(config, agent.context);
      cleanup.defer(() => exporter.shutdown(soon()));
      await exporter.start();
      return exporter;
    },
  };
}
