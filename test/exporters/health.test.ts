import assert from 'node:assert/strict';
import { ExportHealth, ExportHealthTables } from '../../src/exporters/health.js';
import { eventually } from '../support/eventually.js';
import { useOtlp } from './otlphttp/fixture.js';
import { Agent, soon } from './support/exporter-fixture.js';
import { SpanFeed } from './support/span-feed.js';

const FULL = 512;

describe('the health of exporters', () => {
  const { listen, start } = useOtlp();

  /** As `name{attributes} value`, without what is zero, which server it is, and how long it took. */
  const shown = (agent: Agent) =>
    agent.healthPoints
      .filter(({ value }) => value !== 0)
      .map(({ name, attributes, value }) => {
        const { 'server.address': _address, 'server.port': _port, ...others } = attributes;
        const { 'otel.component.name': component, 'otel.component.type': type, ...rest } = others;
        assert.equal(component, `${type}/otlphttp/eu`);
        return [name, type, ...Object.entries(rest).map(([key, is]) => `${key}=${is}`), value].join(' ');
      })
      .sort();

  it('has the names, units and kinds of the conventions', () => {
    const instruments = new ExportHealthTables().all.flatMap(({ group }) => group.instruments);
    assert.deepEqual(
      instruments.map(({ name, unit, kind }) => `${name} ${unit} ${kind}`),
      [
        'otel.sdk.exporter.metric_data_point.exported {data_point} counter',
        'otel.sdk.exporter.metric_data_point.inflight {data_point} up_down_counter',
        'otel.sdk.exporter.span.exported {span} counter',
        'otel.sdk.exporter.span.inflight {span} up_down_counter',
        'otel.sdk.exporter.log.exported {log_record} counter',
        'otel.sdk.exporter.log.inflight {log_record} up_down_counter',
        'otel.sdk.processor.span.processed {span} counter',
        'otel.sdk.processor.span.queue.size {span} up_down_counter',
        'otel.sdk.processor.span.queue.capacity {span} up_down_counter',
        'otel.sdk.processor.log.processed {log_record} counter',
        'otel.sdk.processor.log.queue.size {log_record} up_down_counter',
        'otel.sdk.processor.log.queue.capacity {log_record} up_down_counter',
        'udscope.export.failures {attempt} counter',
        'otel.sdk.exporter.operation.duration s histogram',
        'otel.sdk.metric_reader.collection.duration s histogram',
      ],
    );
  });

  it('says of metrics what became of each point, once, whatever it took', async () => {
    const agent = new Agent({ id: 'otlphttp/eu' });
    agent.relay('geth');
    const receiver = await listen();
    receiver.answer = (index) => ({ status: index < 2 ? 503 : 200 });
    const exporter = await start(agent, {
      endpoint: receiver.url,
      interval: 60_000,
      retry_on_failure: { enabled: true },
    });
    await exporter.shutdown(soon());
    const type = 'otlp_http_metric_exporter';
    assert.deepEqual(shown(agent), [
      `otel.sdk.exporter.metric_data_point.exported ${type} 6`,
      `otel.sdk.exporter.operation.duration ${type} http.response.status_code=200 1`,
      'otel.sdk.metric_reader.collection.duration periodic_metric_reader 1',
      `udscope.export.failures ${type} reason=unavailable 2`,
    ]);
    assert.deepEqual(agent.healthPoints[0].attributes['server.address'], '127.0.0.1');
    assert.deepEqual(agent.healthPoints[0].attributes['server.port'], receiver.port);
  });

  it('has points under way, and those left to the next export have failed', async () => {
    const agent = new Agent({ id: 'otlphttp/eu' });
    for (let i = 0; i < 1500; i++) agent.relay(`geth ${i}`);
    const receiver = await listen();
    receiver.answer = (index) => (index === 0 ? { status: 503 } : 'hang');
    await start(agent, { endpoint: receiver.url, encoding: 'json', interval: 1000 });
    await eventually('the second export is under way', () => receiver.requests.length === 2);
    const count = (name: string) =>
      agent.healthPoints.filter((point) => point.name.endsWith(name)).map(({ value }) => value);
    assert.deepEqual(count('point.inflight'), [6 * 1500]);
    assert.equal(agent.health['data_points: unavailable'], 6 * 1500);
    assert.equal(agent.healthPoints[0].attributes['otel.component.type'], 'otlp_http_json_metric_exporter');
  });

  for (const item of ['span', 'log'] as const) {
    it(`says what became of each ${item}, and of those that wait`, async () => {
      const feed = new SpanFeed();
      const agent = new Agent({ id: 'otlphttp/eu', [`${item}s`]: [feed], metrics: false });
      const receiver = await listen();
      receiver.answer = () => 'hang';
      await start(agent, { endpoint: receiver.url, sending_queue: { enabled: true, queue_size: 1 } });
      feed.giveMany(FULL);
      await eventually('a request is under way', () => receiver.requests.length === 1);
      feed.giveMany(2 * FULL + 3);
      assert.deepEqual(shown(agent), [
        `otel.sdk.exporter.${item}.inflight otlp_http_${item}_exporter ${FULL}`,
        `otel.sdk.processor.${item}.processed batching_${item}_processor 512`,
        `otel.sdk.processor.${item}.processed batching_${item}_processor error.type=queue_full 3`,
        `otel.sdk.processor.${item}.queue.capacity batching_${item}_processor ${2 * FULL}`,
        `otel.sdk.processor.${item}.queue.size batching_${item}_processor ${2 * FULL}`,
      ]);
    });
  }

  it('has had no success when everything was rejected', () => {
    const exporter = new ExportHealth(new ExportHealthTables(), 'otlphttp');
    const health = exporter.of('metrics', 'otlp_http_metric_exporter');
    health.countDelivered(3, 3);
    assert.equal(health.state.lastSuccessMs, undefined);
    assert.equal(health.state.lastFailure?.reason, 'rejected');
    health.countDelivered(3, 2);
    const { lastSuccessMs = 0, lastFailure, exported, failed } = health.state;
    assert.ok(lastSuccessMs >= (lastFailure?.timeMs ?? Number.POSITIVE_INFINITY));
    assert.deepEqual({ exported, failed }, { exported: 1, failed: { rejected: 5 } });
    exporter.close();
  });

  it('has a bounded number of series, whatever a destination answers', () => {
    const tables = new ExportHealthTables();
    const health = new ExportHealth(tables, 'otlphttp');
    const { recordOperation } = health.of('metrics', 'otlp_http_metric_exporter');
    for (let status = 0; status < 10_000; status++) recordOperation(1, { error: 'refused', status });
    const readings = tables.operations.readings();
    assert.equal(readings.length, 501);
    assert.equal(
      readings.reduce((sum, { totals }) => sum + totals[0], 0),
      10_000,
    );
    health.close();
    assert.ok(tables.operations.readings().length <= 1);
  });
});
