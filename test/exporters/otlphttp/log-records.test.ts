import assert from 'node:assert/strict';
import { toReadableLogRecords } from '../../../src/exporters/otlphttp/readable-log-record.js';
import { SeriesContainer } from '../../../src/telemetry/series-container.js';
import { eventually } from '../../support/eventually.js';
import { Agent, SCHEMA_URL, soon } from '../support/exporter-fixture.js';
import type { OtlpReceiver } from '../support/otlp-receiver.js';
import { encodeMessage } from '../support/protobuf.js';
import { SpanFeed, span } from '../support/span-feed.js';
import { useOtlp } from './fixture.js';

/** A batch that is sent at once. */
const FULL = 512;

const LOGGED = { logAttributes: { 'uds.direction': 'send', 'udscope.duration': 0.00125 } };

describe('log records of the otlphttp exporter', () => {
  const { listen, start } = useOtlp();
  let feed: SpanFeed;
  let agent: Agent;
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    feed = new SpanFeed();
    agent = new Agent({ id: 'otlphttp', logs: [feed], metrics: false });
    receiver = await listen();
  });

  for (const encoding of ['proto', 'json'] as const) {
    it(`say all of a call, ${encoding}`, async () => {
      const exporter = await start(agent, { endpoint: receiver.url, encoding });
      const failed = { 'rpc.system.name': 'jsonrpc', 'error.type': '-32000' };
      feed.give(span({ ...LOGGED, attributes: failed, error: 'out of gas' }));
      feed.give(span({ ...LOGGED, name: 'notify', isSampled: false, attributes: {} }));
      await exporter.shutdown(soon());
      const [request] = receiver.requests;
      assert.equal(request.url, '/v1/logs');
      const common = {
        timeNs: 1_700_000_000_001_250_000n,
        observedNs: 1_700_000_000_001_250_000n,
        eventName: 'udscope.call',
        scope: 'udscope 1.2.3',
        resource: { 'service.name': 'udscope' },
        schemaUrls: [SCHEMA_URL, SCHEMA_URL],
      };
      assert.deepEqual(request.logRecords, [
        {
          ...common,
          severity: { number: 17, text: 'ERROR' },
          body: 'eth_call failed: -32000 out of gas',
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: 'b7ad6b7169203331',
          flags: 1,
          attributes: { ...failed, ...LOGGED.logAttributes },
        },
        {
          ...common,
          severity: { number: 9, text: 'INFO' },
          body: 'notify',
          traceId: '',
          spanId: '',
          flags: 0,
          attributes: LOGGED.logAttributes,
        },
      ]);
    });
  }

  it('are sent beside spans, each to its own path, and counted apart', async () => {
    agent = new Agent({ id: 'otlphttp', spans: [feed], logs: [feed], metrics: false });
    const exporter = await start(agent, { endpoint: receiver.url });
    feed.giveMany(FULL + 3, LOGGED);
    await exporter.shutdown(soon());
    const urls = receiver.taken.map(({ url }) => url).sort();
    assert.deepEqual(urls, ['/v1/logs', '/v1/logs', '/v1/traces', '/v1/traces']);
    assert.deepEqual(agent.health, { spans: FULL + 3, logs: FULL + 3 });
  });

  it('that are rejected in part are counted, and not sent again', async () => {
    const partialSuccess = encodeMessage([
      [1, 12],
      [2, 'too old'],
    ]);
    const headers = { 'content-type': 'application/x-protobuf' };
    receiver.answer = () => ({ headers, body: encodeMessage([[1, partialSuccess]]) });
    await start(agent, { endpoint: receiver.url });
    feed.giveMany(FULL, LOGGED);
    await eventually('they are counted', () => agent.health['logs: rejected'] === 12);
    assert.deepEqual(agent.health, { logs: FULL - 12, 'logs: rejected': 12 });
    assert.deepEqual(agent.logged('warn'), [`${receiver.url}/v1/logs rejected log records: too old`]);
    assert.equal(receiver.requests.length, 1);
  });

  it('that find no room are dropped, counted, and said once', async () => {
    receiver.answer = () => 'hang';
    await start(agent, { endpoint: receiver.url, sending_queue: { enabled: true, queue_size: 1 } });
    feed.giveMany(FULL);
    await eventually('a request is under way', () => receiver.requests.length === 1);
    feed.giveMany(2 * FULL + 7);
    assert.equal(agent.health['processed: queue_full'], 7);
    assert.deepEqual(agent.logged('warn'), [
      `${receiver.url}/v1/logs does not take log records as fast as they come; what finds no place is dropped`,
    ]);
  });

  it('wait for a receiver that is away, and are told once it is back', async () => {
    receiver.answer = (index) => ({ status: index < 3 ? 503 : 200 });
    await start(agent, {
      endpoint: receiver.url,
      retry_on_failure: { enabled: true, initial_interval: 5, max_interval: 5 },
    });
    feed.giveMany(FULL);
    await eventually('they are taken', () => agent.health['logs'] === FULL);
    assert.equal(agent.health['failures: unavailable'], 3);
    assert.match(
      agent.logged('info').join(),
      /exporting log records to .* recovered after 3 failures, nothing lost/,
    );
  });

  it('of a container are under its resource, if that is wanted, and do not repeat it', () => {
    const attributes = { 'container.id': 'c1', 'rpc.method': 'eth_call' };
    const container = new SeriesContainer({ 'container.id': 'c1', 'container.image.name': 'wallet:1' });
    const [record] = toReadableLogRecords(
      [span({ attributes, container, ...LOGGED })],
      agent.context.source,
      true,
    );
    assert.equal(record.resource.attributes['container.image.name'], 'wallet:1');
    assert.deepEqual(record.attributes, { 'rpc.method': 'eth_call', ...LOGGED.logAttributes });
  });
});
