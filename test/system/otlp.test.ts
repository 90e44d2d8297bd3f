import assert from 'node:assert/strict';
import { ExportHealthTables } from '../../src/exporters/health.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../src/identity/instruments.js';
import {
  CALL_INSTRUMENTS,
  ENRICH_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
  RING_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { LOG_INSTRUMENTS } from '../../src/service/log/instruments.js';
import { SCHEMA_URL } from '../../src/telemetry/scope.js';
import { VERSION } from '../../src/version.js';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';
import { type Family, parsePrometheusText } from '../support/prometheus-text.js';
import { repeat } from '../support/repeat.js';
import {
  buildCollector,
  COLLECTOR_BUILD_TIMEOUT_MS,
  type Collector,
  type CollectorOptions,
  startCollector,
} from './support/collector.js';
import type { MetricPoint } from './support/otlp-json.js';
import { requireTool } from './support/requirements.js';

/** What each instrument is on the wire. */
const INSTRUMENTS = new Map(
  [
    UDS_INSTRUMENTS,
    ATTRIBUTION_INSTRUMENTS,
    CALL_INSTRUMENTS,
    METHOD_INSTRUMENTS,
    LOSS_INSTRUMENTS,
    ENRICH_INSTRUMENTS,
    RING_INSTRUMENTS,
    LOG_INSTRUMENTS,
    ...new ExportHealthTables().all.map(({ group }) => group),
  ]
    .flatMap(({ instruments }) => instruments)
    .map((instrument) => [instrument.name, instrument]),
);

/** Instruments that a conversation of calls and refusals brings about. */
const EXPECTED = [
  'uds.send_bytes',
  'uds.connections.active',
  'uds.method.calls',
  'uds.method.bytes',
  'rpc.server.call.duration',
  'otel.sdk.exporter.metric_data_point.exported',
  'otel.sdk.exporter.metric_data_point.inflight',
  'otel.sdk.exporter.operation.duration',
  'otel.sdk.metric_reader.collection.duration',
];

const CALLS = 20;

describe('what an OpenTelemetry Collector sees', () => {
  requireTool('go', 'https://go.dev/dl');
  const cleanup = useCleanup();

  before(async function () {
    this.timeout(COLLECTOR_BUILD_TIMEOUT_MS);
    await buildCollector();
  });

  async function startReceiver(options: Omit<CollectorOptions, 'directory'> = {}): Promise<Collector> {
    const collector = await startCollector({ ...options, directory: cleanup.directory() });
    cleanup.defer(() => collector.stop());
    return collector;
  }

  /** An agent that has seen calls of a container. */
  async function startAgent(collector: Collector, settings: object = {}): Promise<CapturingAgent> {
    const otlphttp = { endpoint: collector.endpoint, interval: '300ms', ...settings };
    const agent = await new CapturingAgent(cleanup).start({ otlphttp, pushesMetrics: true });
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call(...repeat(CALLS, (i) => (i % 2 === 0 ? 'fail_call' : 'eth_call')));
    return agent;
  }

  const hasAll = (points: readonly MetricPoint[]) => {
    const names = new Set(points.map(({ name }) => name));
    return EXPECTED.every((name) => names.has(name));
  };

  function checkPoint(point: MetricPoint, temporality: 'cumulative' | 'delta'): void {
    const instrument = INSTRUMENTS.get(point.name);
    const { name, unit, kind, monotonic, startTimeUnixNano, timeUnixNano } = point;
    assert.ok(startTimeUnixNano > 0n && startTimeUnixNano <= timeUnixNano, name);
    assert.deepEqual(point.scope, { name: 'udscope', version: VERSION });
    assert.deepEqual(point.schemaUrls, [SCHEMA_URL, SCHEMA_URL]);
    assert.ok(instrument, name);
    assert.equal(unit, instrument.unit, name);
    assert.equal(kind, instrument.kind === 'histogram' ? 'histogram' : 'sum', name);
    assert.equal(monotonic, instrument.kind === 'counter', name);
    const isCumulative = instrument.kind === 'up_down_counter' || temporality === 'cumulative';
    assert.equal(point.temporality, isCumulative ? 'cumulative' : 'delta', name);
    if (instrument.kind !== 'histogram' || point.histogram === undefined) return;
    assert.deepEqual(point.histogram.explicitBounds, instrument.boundaries);
    assert.equal(
      point.histogram.bucketCounts.reduce((sum, count) => sum + count, 0),
      point.value,
    );
  }

  for (const encoding of ['proto', 'json'] as const) {
    for (const temporality of ['cumulative', 'delta'] as const) {
      for (const isPerContainer of [false, true]) {
        const how = isPerContainer ? ', a resource per container' : '';
        it(`is what the instruments say, as ${temporality} ${encoding}${how}`, async () => {
          const collector = await startReceiver();
          await startAgent(collector, { encoding, temporality, resource_per_container: isPerContainer });
          const points = await collector.waitForReceived(hasAll);
          for (const point of points) checkPoint(point, temporality);
          const spans = await collector.waitForSpans(CALLS);
          for (const { schemaUrls } of spans) assert.deepEqual(schemaUrls, [SCHEMA_URL, SCHEMA_URL]);
        });
      }
    }
  }

  /** Has the resource processor copy what a resource says of its container. */
  const TENANT = {
    resource: { attributes: [{ key: 'tenant', from_attribute: 'container.id', action: 'insert' }] },
  };

  for (const isPerContainer of [false, true]) {
    it(`a resource processor finds ${isPerContainer ? 'a container' : 'only the agent'}`, async () => {
      const collector = await startReceiver({ processors: TENANT, spanProcessors: ['resource'] });
      await startAgent(collector, { resource_per_container: isPerContainer });
      const points = await collector.waitForReceived(hasAll);
      const spans = await collector.waitForSpans(CALLS);
      const ofContainer = points.filter(({ name }) => name.startsWith('uds.') || name.startsWith('rpc.'));
      for (const { resource, attributes } of [...ofContainer, ...spans]) {
        assert.equal(resource['tenant'], isPerContainer ? 'c1' : undefined);
        assert.equal(resource['container.id'], isPerContainer ? 'c1' : undefined);
        assert.equal(resource['container.name'], isPerContainer ? 'wallet' : undefined);
        assert.equal(attributes['container.id'], isPerContainer ? undefined : 'c1');
        assert.equal(resource['service.name'], 'udscope');
        assert.equal(typeof resource['host.name'], 'string');
      }
      for (const { name, resource } of points) {
        if (name.startsWith('otel.sdk.')) assert.equal(resource['tenant'], undefined, name);
      }
    });
  }

  it('is without the option what groupbyattrs can move to the resource', async () => {
    const collector = await startReceiver({
      processors: { groupbyattrs: { keys: ['container.id'] }, ...TENANT },
    });
    await startAgent(collector);
    const points = await collector.waitForReceived(hasAll);
    const ofContainer = points.filter(({ name }) => name.startsWith('uds.'));
    assert.deepEqual(new Set(ofContainer.map(({ resource }) => resource['tenant'])), new Set(['c1']));
  });

  /** `name{label,label}` of what a page shows, without what tells where it comes from. */
  function shapes(families: ReadonlyMap<string, Family>): string[] {
    const all = [...families.values()].flatMap(({ name, samples }) =>
      samples.map(({ suffix = '', labels }) => {
        const own = Object.keys(labels).filter((label) => !/^(?:job|instance|otel_scope_.*)$/.test(label));
        return `${name}${suffix}{${own.sort().join(',')}}`;
      }),
    );
    return [...new Set(all)].filter((shape) => !shape.startsWith('target_info')).sort();
  }

  it('has in Prometheus the names and labels that a scrape of the agent has', async () => {
    const collector = await startReceiver();
    const agent = await startAgent(collector);
    const pushed = async () => {
      const response = await fetch(`http://${collector.prometheus}/metrics`);
      return shapes(parsePrometheusText(await response.text()));
    };
    const pulled = async () => shapes(await agent.metrics());
    let both: [string[], string[]] = [[], []];
    await waitFor('the same names on both pages', async () => {
      both = [await pushed(), await pulled()];
      return both[0].length > 0 && both[0].join() === both[1].join();
    }).catch(() => assert.deepEqual(both[0], both[1]));
    assert.ok(both[0].some((shape) => shape.startsWith('rpc_server_call_duration_seconds_bucket{')));
  });
});
