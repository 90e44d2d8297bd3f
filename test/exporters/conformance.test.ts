import assert from 'node:assert/strict';
import { createDebugExporter } from '../../src/exporters/debug/index.js';
import type { Exporter, ExporterContext } from '../../src/exporters/exporter.js';
import { createOtlpHttpExporter } from '../../src/exporters/otlphttp/index.js';
import { tlsSchema } from '../../src/exporters/otlphttp/tls-config.js';
import { createPrometheusExporter } from '../../src/exporters/prometheus/index.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { Agent, soon } from './support/exporter-fixture.js';
import { httpGet } from './support/http-get.js';
import { OtlpReceiver } from './support/otlp-receiver.js';
import { SpanFeed } from './support/span-feed.js';

const INTERVAL_MS = 50;

/** An exporter, and how to make it export when it does not do so by itself. */
interface Subject {
  exporter: Exporter;
  poke: () => Promise<unknown>;
}

const subjects: Record<
  'prometheus' | 'otlphttp' | 'debug',
  (context: ExporterContext, receiver: OtlpReceiver) => Subject
> = {
  prometheus: (context) => {
    const exporter = createPrometheusExporter(
      {
        endpoint: { host: '127.0.0.1', port: 0 },
        path: '/metrics',
        allowed_hosts: [],
        translation_strategy: 'UnderscoreEscapingWithSuffixes',
        without_scope_info: true,
        resource_constant_labels: null,
      },
      context,
    );
    return { exporter, poke: async () => exporter.address && (await httpGet(exporter.address)) };
  },
  otlphttp: (context, receiver) => {
    const retry = { enabled: true, initial_interval: 5, max_interval: 5, max_elapsed_time: 0, multiplier: 1 };
    const exporter = createOtlpHttpExporter(
      {
        endpoint: receiver.url,
        metrics_endpoint: null,
        traces_endpoint: null,
        logs_endpoint: null,
        headers: {},
        tls: tlsSchema.parse({}),
        compression: 'gzip',
        encoding: 'proto',
        timeout: 1000,
        interval: INTERVAL_MS,
        temporality: 'delta',
        resource_per_container: false,
        retry_on_failure: retry,
        sending_queue: { enabled: true, queue_size: 10 },
      },
      context,
    );
    return { exporter, poke: () => Promise.resolve() };
  },
  debug: (context) => ({
    exporter: createDebugExporter({ verbosity: 'normal', interval: INTERVAL_MS }, context),
    poke: () => Promise.resolve(),
  }),
};

for (const [type, create] of Object.entries(subjects)) {
  describe(`exporter conformance: ${type}`, () => {
    const cleanup = useCleanup();
    let agent: Agent;
    let subject: Subject;

    beforeEach(async () => {
      const receiver = await new OtlpReceiver().listen();
      cleanup.defer(() => receiver.close());
      agent = new Agent({ id: type });
      subject = create(agent.context, receiver);
      cleanup.defer(() => subject.exporter.shutdown(soon()));
    });

    it('may be shut down before it is started', async () => {
      await subject.exporter.shutdown(soon());
      await subject.exporter.shutdown(soon());
      assert.deepEqual(agent.log, []);
    });

    it('may be shut down any number of times, also at once', async () => {
      agent.relay('geth');
      await subject.exporter.start();
      await Promise.all([subject.exporter.shutdown(soon()), subject.exporter.shutdown(soon())]);
      await subject.exporter.shutdown(soon());
    });

    it('has no deadline when that is infinite', async () => {
      agent.relay('geth');
      await subject.exporter.start();
      await subject.exporter.shutdown(Number.POSITIVE_INFINITY);
    });

    it('counts the data points it has exported', async () => {
      agent.relay('geth');
      await subject.exporter.start();
      await subject.poke();
      await eventually('they are counted', () => (agent.health['data_points'] ?? 0) >= 6);
    });

    it('says and counts when metrics cannot be collected, and goes on', async () => {
      agent.relay('geth');
      agent.outOfOrder = true;
      await subject.exporter.start();
      await subject.poke();
      await eventually('it is counted', () => agent.health['failures: malformed']);
      assert.match(agent.logged('error')[0], /^metrics could not be /);
      agent.outOfOrder = false;
      await subject.poke();
      await eventually('exports go on', () => agent.health['data_points']);
    });
  });
}

for (const type of ['otlphttp', 'debug'] as const) {
  for (const signal of ['spans', 'logs'] as const) {
    describe(`exporter conformance, ${signal}: ${type}`, () => {
      const cleanup = useCleanup();
      let feed: SpanFeed;
      let agent: Agent;
      let exporter: Exporter;

      beforeEach(async () => {
        const receiver = await new OtlpReceiver().listen();
        cleanup.defer(() => receiver.close());
        feed = new SpanFeed();
        agent = new Agent({ id: type, [signal]: [feed], metrics: false });
        exporter = subjects[type](agent.context, receiver).exporter;
        cleanup.defer(() => exporter.shutdown(soon()));
      });

      it('may be shut down before it is started, and any number of times', async () => {
        await Promise.all([exporter.shutdown(soon()), exporter.shutdown(soon())]);
        await exporter.shutdown(soon());
        assert.deepEqual(agent.log, []);
      });

      it('hears of calls from its start to its shutdown', async () => {
        assert.equal(feed.listeners, 0);
        await exporter.start();
        assert.equal(feed.listeners, 1);
        await exporter.shutdown(soon());
        assert.equal(feed.listeners, 0);
      });

      it('exports what it has heard of before a shutdown ends, without a deadline too', async () => {
        await exporter.start();
        feed.giveMany(700);
        await exporter.shutdown(Number.POSITIVE_INFINITY);
        assert.deepEqual(agent.health, { [signal]: 700 });
      });
    });
  }
}
