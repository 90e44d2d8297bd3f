/**
 * Proves the fixtures of the system tests, with nothing of udscope: the Collector and Prometheus are the real
 * ones, and what they receive comes from OpenTelemetry's own exporters.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AgentOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attributes, ValueType } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { freePort, startProcess, waitFor } from '../support/process.js';
import {
  buildCollector,
  COLLECTOR_BUILD_TIMEOUT_MS,
  type Collector,
  type CollectorOptions,
  type MetricPoint,
  startCollector,
} from './support/collector.js';
import { type Prometheus, startPrometheus } from './support/prometheus.js';
import { findTool, requireTool } from './support/requirements.js';

/** 2026-01-01T00:00:00.000000001Z: a last digit that does not survive a number. */
const STARTED: [number, number] = [1_767_225_600, 1];
const STARTED_NS = 1_767_225_600_000_000_001n;

describe('components of the system tests', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'udscope-components-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  describe('process', () => {
    it('reports the output of a process that ends before it says what is waited for', async () => {
      const child = await startProcess({ command: 'sh', args: ['-c', 'echo out; echo problem >&2; exit 3'] });
      await assert.rejects(
        child.waitForOutput('ready'),
        /sh to say ready[\s\S]*ended with code 3[\s\S]*problem/,
      );
    });

    it('waits for the end of a process that handles SIGTERM', async () => {
      const script = 'trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.02; done';
      const child = await startProcess({ command: 'sh', args: ['-c', script] });
      await child.waitForOutput(/^ready$/m);
      assert.deepEqual(await child.stop(), { code: 7, signal: null });
      assert.match(child.output, /bye/);
    });

    it('kills a process that ignores SIGTERM, and says so', async () => {
      const script = 'trap "" TERM; echo ready; while :; do sleep 0.02; done';
      const child = await startProcess({ command: 'sh', args: ['-c', script] });
      await child.waitForOutput('ready');
      await assert.rejects(child.stop(200), /to end after SIGTERM[\s\S]*ended with SIGKILL/);
    });

    it('rejects when the command does not exist', async () => {
      await assert.rejects(startProcess({ command: '/nonexistent/command' }), /ENOENT/);
    });

    it('finds a command, and does not find one that no machine has', () => {
      assert.match(findTool('sh') ?? '', /\/sh$/);
      assert.equal(findTool('no-such-command-of-udscope'), undefined);
    });
  });

  describe('Collector', () => {
    requireTool('go', 'https://go.dev/dl/');

    let collector: Collector | undefined;

    before(async function () {
      this.timeout(COLLECTOR_BUILD_TIMEOUT_MS);
      await buildCollector();
    });

    afterEach(async () => {
      await collector?.stop();
      collector = undefined;
    });

    async function start(options: Omit<CollectorOptions, 'directory'>): Promise<Collector> {
      collector = await startCollector({ ...options, directory });
      return collector;
    }

    for (const http of ['tcp', 'unix'] as const) {
      it(`receives OTLP/JSON of the stock exporter over ${http}`, async () => {
        const target = await start({ http });
        await exportJson(target);
        checkStockMetrics(await target.waitForReceived((points) => points.length >= 3));
      });

      it(`receives OTLP/protobuf over ${http}`, async () => {
        const target = await start({ http });
        await postProtobuf(target, countOf(41));
        checkCount(await target.waitForReceived((points) => points.length >= 1), [41]);
      });

      it(`serves the same endpoint and keeps what it received after a restart over ${http}`, async () => {
        const target = await start({ http });
        const { endpoint } = target;
        await postProtobuf(target, countOf(1));
        await target.restart();
        assert.equal(target.endpoint, endpoint);
        await postProtobuf(target, countOf(2));
        checkCount(await target.waitForReceived((points) => points.length >= 2), [1, 2]);
      });

      it(`comes back after it was killed over ${http}`, async () => {
        const target = await start({ http });
        await target.kill();
        await assert.rejects(postProtobuf(target, countOf(1)), /ECONNREFUSED/);
        await target.start();
        await postProtobuf(target, countOf(2));
        checkCount(await target.waitForReceived((points) => points.length >= 1), [2]);
      });
    }

    it('has written all it acknowledged when it has stopped', async () => {
      const target = await start({});
      await postProtobuf(target, countOf(5));
      await target.stop();
      checkCount(target.received(), [5]);
    });

    it('adds up deltas with the deltatocumulative processor', async () => {
      const target = await start({ processors: { deltatocumulative: null } });
      const { DELTA } = AggregationTemporality;
      await postProtobuf(target, countOf(5, DELTA, 0));
      await postProtobuf(target, countOf(7, DELTA, 1));
      checkCount(await target.waitForReceived((points) => points.length >= 2), [5, 12]);
    });
  });

  describe('Prometheus', () => {
    requireTool('prometheus', 'apt-get install prometheus');

    let prometheus: Prometheus | undefined;
    let exporter: PrometheusExporter | undefined;

    afterEach(async () => {
      await prometheus?.stop();
      await exporter?.shutdown();
      prometheus = undefined;
      exporter = undefined;
    });

    it('scrapes the stock exporter and answers a query', async () => {
      const port = await freePort();
      exporter = new PrometheusExporter({ host: '127.0.0.1', port, endpoint: '/numbers' });
      const provider = new MeterProvider({ readers: [exporter] });
      provider.getMeter('test').createCounter('test.bytes', { unit: 'By' }).add(1234, { socket: '/run/a' });
      prometheus = await startPrometheus({ target: `127.0.0.1:${port}`, metricsPath: '/numbers', directory });

      const samples = await prometheus.waitForQuery('test_bytes_total');
      assert.equal(samples.length, 1);
      assert.equal(samples[0]?.value, 1234);
      assert.equal(samples[0]?.labels['socket'], '/run/a');
      const scrapeUrl = `http://127.0.0.1:${port}/numbers`;
      assert.deepEqual(await prometheus.targets(), [{ health: 'up', lastError: '', scrapeUrl }]);
      assert.deepEqual(await prometheus.query('vector(1) / 0'), [{ labels: {}, value: Infinity }]);
    });

    it('tells why it could not scrape', async () => {
      const server = await startPrometheus({ target: `127.0.0.1:${await freePort()}`, directory });
      prometheus = server;
      const isDown = async () => (await server.targets()).find(({ health }) => health === 'down');
      assert.match((await waitFor('a failed scrape', isDown)).lastError, /connection refused/);
    });

    it('refuses a query that is not PromQL', async () => {
      prometheus = await startPrometheus({ target: '127.0.0.1:1', directory });
      await assert.rejects(prometheus.query('('), /parse error/);
    });
  });
});

/** A counter, a gauge with a fraction and a histogram, through the SDK's reader and exporter. */
async function exportJson({ endpoint, socketPath }: Collector): Promise<void> {
  // node:http's agent takes it, its types do not say so.
  const httpAgentOptions: AgentOptions & { socketPath?: string | undefined } = { socketPath };
  const url = `${socketPath === undefined ? endpoint : 'http://localhost'}/v1/metrics`;
  const exporter = new OTLPMetricExporter({ url, httpAgentOptions });
  const resource = resourceFromAttributes({ 'service.name': 'stock', 'host.cpus': 2 });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('stock-meter', '1.2.3');
  meter.createCounter('test.bytes', { unit: 'By', valueType: ValueType.INT }).add(2 ** 40, { up: true });
  meter.createGauge('test.ratio', { unit: '1' }).record(0.25, { list: ['a', 'b'] });
  const advice = { explicitBucketBoundaries: [1, 10] };
  const histogram = meter.createHistogram('test.duration', { unit: 's', advice });
  for (const seconds of [0.5, 5, 50, 6]) histogram.record(seconds);
  await provider.forceFlush();
  await provider.shutdown();
}

/** The first export of `exportJson`; its shutdown exports once more. */
function checkStockMetrics(points: readonly MetricPoint[]): void {
  const [bytes, ratio, duration] = points;
  assert.ok(bytes !== undefined && ratio !== undefined && duration !== undefined);
  assert.deepEqual(bytes.resource, { 'service.name': 'stock', 'host.cpus': 2 });
  assert.deepEqual(bytes.scope, { name: 'stock-meter', version: '1.2.3' });
  assert.ok(bytes.startTimeUnixNano > STARTED_NS && bytes.timeUnixNano >= bytes.startTimeUnixNano);
  const seen = [bytes, ratio, duration].map((point) => {
    const { name, unit, kind, attributes, value, temporality, monotonic } = point;
    return { name, unit, kind, attributes, value, temporality, monotonic };
  });
  const sum = { kind: 'sum', temporality: 'cumulative', monotonic: true };
  const gauge = { kind: 'gauge', temporality: undefined, monotonic: false };
  const histogram = { kind: 'histogram', temporality: 'cumulative', monotonic: false };
  assert.deepEqual(seen, [
    { name: 'test.bytes', unit: 'By', attributes: { up: true }, value: 2 ** 40, ...sum },
    { name: 'test.ratio', unit: '1', attributes: { list: ['a', 'b'] }, value: 0.25, ...gauge },
    { name: 'test.duration', unit: 's', attributes: {}, value: 4, ...histogram },
  ]);
  const buckets = { bucketCounts: [1, 2, 1], explicitBounds: [1, 10] };
  assert.deepEqual(duration.histogram, { count: 4, sum: 61.5, min: 0.5, max: 50, ...buckets });
}

/** One integer sum that ended `second + 1` seconds after its start. */
function countOf(
  value: number,
  aggregationTemporality = AggregationTemporality.CUMULATIVE,
  second = 0,
): ResourceMetrics {
  const attributes: Attributes = { 'container.id': 'c1' };
  const [start, nanoseconds] = STARTED;
  const dataPoint = {
    attributes,
    value,
    startTime: [start + second, nanoseconds] as [number, number],
    endTime: [start + second + 1, nanoseconds] as [number, number],
  };
  const descriptor = { name: 'test.count', unit: '{call}', description: '', valueType: ValueType.INT };
  const metric = {
    descriptor,
    aggregationTemporality,
    dataPointType: DataPointType.SUM as const,
    dataPoints: [dataPoint],
    isMonotonic: true,
  };
  const resource = resourceFromAttributes({ 'service.name': 'protobuf' });
  return { resource, scopeMetrics: [{ scope: { name: 'raw' }, metrics: [metric] }] };
}

function checkCount(points: readonly MetricPoint[], values: readonly number[]): void {
  assert.deepEqual(
    points.map((point) => point.value),
    values,
  );
  for (const point of points) {
    assert.equal(point.name, 'test.count');
    assert.equal(point.unit, '{call}');
    assert.equal(point.temporality, 'cumulative');
    assert.equal(point.startTimeUnixNano, STARTED_NS);
    assert.deepEqual(point.attributes, { 'container.id': 'c1' });
    assert.deepEqual(point.resource, { 'service.name': 'protobuf' });
  }
}

/** Resolves when the Collector has answered 200. */
function postProtobuf({ endpoint, socketPath }: Collector, metrics: ResourceMetrics): Promise<void> {
  const body = ProtobufMetricsSerializer.serializeRequest(metrics);
  assert.ok(body !== undefined);
  const url = `${socketPath === undefined ? endpoint : 'http://localhost'}/v1/metrics`;
  return new Promise((resolve, reject) => {
    const post = request(url, {
      socketPath,
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length },
      // A connection kept for later would keep a stopped Collector's port busy.
      agent: false,
    });
    post.once('error', reject);
    post.once('response', (response) => {
      response.resume();
      const { statusCode } = response;
      response.once('end', () => {
        if (statusCode === 200) resolve();
        else reject(new Error(`the Collector answered ${statusCode}`));
      });
    });
    post.end(body);
  });
}
