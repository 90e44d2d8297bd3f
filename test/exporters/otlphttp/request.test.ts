import assert from 'node:assert/strict';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { Agent, SCHEMA_URL } from '../support/exporter-fixture.js';
import type { ReceivedRequest } from '../support/otlp-receiver.js';
import { useOtlp } from './fixture.js';

describe('requests of the otlphttp exporter', () => {
  const { cleanup, listen, start } = useOtlp();
  let agent: Agent;

  beforeEach(() => {
    agent = new Agent({ resource: { 'service.name': 'udscope', 'host.name': 'box' } });
  });

  const firstRequest = async (changes: Parameters<typeof start>[1]): Promise<ReceivedRequest> => {
    const receiver = await listen();
    await start(agent, { endpoint: receiver.url, ...changes });
    return await eventually('a request has come', () => receiver.requests[0]);
  };

  for (const encoding of ['proto', 'json'] as const) {
    it(`say in ${encoding} all that there is to say`, async () => {
      const startedMs = Date.now();
      agent.relay('geth', { 'container.id': 'c1' }).send(2 ** 52 + 1);
      const { points, headers } = await firstRequest({ encoding });
      const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
      assert.equal(headers['content-type'], type);
      const { startNs, endNs, ...sent } =
        points.find(({ metric }) => metric === 'uds.send_bytes') ?? assert.fail();
      assert.deepEqual(sent, {
        metric: 'uds.send_bytes',
        unit: 'By',
        temporality: 'cumulative',
        monotonic: true,
        attributes: { 'uds.socket.name': 'geth', 'container.id': 'c1' },
        value: 2 ** 52 + 1,
        scope: 'udscope 1.2.3',
        resource: { 'service.name': 'udscope', 'host.name': 'box' },
        schemaUrls: [SCHEMA_URL, SCHEMA_URL],
      });
      assert.ok(startNs >= BigInt(startedMs) * 1_000_000n && startNs <= endNs);
      assert.ok(endNs <= BigInt(Date.now()) * 1_000_000n);
      const active = points.find(({ metric }) => metric === 'uds.connections.active');
      assert.equal(active?.monotonic, false);
    });
  }

  it('are posts to /v1/metrics below the endpoint', async () => {
    agent.relay('geth');
    const receiver = await listen();
    await start(agent, { endpoint: `${receiver.url}/otlp/` });
    const { method, url } = await eventually('a request has come', () => receiver.requests[0]);
    assert.equal(`${method} ${url}`, 'POST /otlp/v1/metrics');
  });

  it('go to metrics_endpoint as it is, with its query and credentials', async () => {
    agent.relay('geth');
    const receiver = await listen();
    const endpoint = `http://user:secret@127.0.0.1:${receiver.port}/push?key=secret`;
    await start(agent, { metrics_endpoint: endpoint });
    const { url, headers } = await eventually('a request has come', () => receiver.requests[0]);
    assert.equal(url, '/push?key=secret');
    assert.equal(headers.authorization, `Basic ${Buffer.from('user:secret').toString('base64')}`);
  });

  it('are compressed when that is configured', async () => {
    agent.relay('geth');
    const { headers, points } = await firstRequest({ compression: 'gzip' });
    assert.equal(headers['content-encoding'], 'gzip');
    assert.ok(points.length > 0);
  });

  it('have the configured headers, which may say who sends but not what', async () => {
    agent.relay('geth');
    const { headers } = await firstRequest({
      headers: {
        Authorization: 'Bearer x',
        'User-Agent': 'mine',
        'Content-Encoding': 'br',
        'content-type': 'a/b',
      },
    });
    assert.equal(headers.authorization, 'Bearer x');
    assert.equal(headers['user-agent'], 'mine');
    assert.equal(headers['content-type'], 'application/x-protobuf');
    assert.equal(headers['content-encoding'], undefined);
  });

  it('say that they come from udscope', async () => {
    agent.relay('geth');
    assert.equal((await firstRequest({})).headers['user-agent'], 'udscope/1.2.3');
  });

  it('go over a Unix socket', async () => {
    agent.relay('geth');
    const socketPath = join(cleanup.directory(), 'otlp.sock');
    const receiver = await listen({ socketPath });
    await start(agent, { endpoint: `unix://${socketPath}` });
    const { url, headers } = await eventually('a request has come', () => receiver.requests[0]);
    assert.equal(url, '/v1/metrics');
    assert.equal(headers.host, 'localhost');
  });

  it('share one connection', async () => {
    agent.relay('geth');
    const receiver = await listen();
    await start(agent, { endpoint: receiver.url });
    await eventually('several requests have come', () => receiver.requests.length >= 3);
    assert.equal(receiver.connections, 1);
  });

  it('hold a thousand series at most', async () => {
    for (let i = 0; i < 2500; i++) agent.relay(`socket-${i}`).send(1);
    const receiver = await listen();
    const exporter = await start(agent, { endpoint: receiver.url, interval: 60_000 });
    await exporter.shutdown(Date.now() + 10_000);
    const series = receiver.requests.map(({ points }) => {
      return points.filter(({ metric }) => metric === 'uds.send_bytes').length;
    });
    assert.deepEqual(series, [1000, 1000, 500]);
    assert.equal(receiver.sum('uds.send_bytes'), 2500);
  });

  it('come one interval after the start, and then every interval', async () => {
    agent.relay('geth');
    const receiver = await listen();
    const startedMs = performance.now();
    await start(agent, { endpoint: receiver.url, interval: 100 });
    await eventually('three requests have come', () => receiver.requests.length >= 3);
    const [first, , third] = receiver.requests;
    // Timers may be a millisecond early.
    assert.ok(first.receivedMs - startedMs >= 99);
    assert.ok(third.receivedMs - startedMs >= 297);
  });

  for (const [temporality, expected] of [
    ['cumulative', { counter: 'cumulative', upDownCounter: 'cumulative' }],
    ['delta', { counter: 'delta', upDownCounter: 'cumulative' }],
    ['lowmemory', { counter: 'cumulative', upDownCounter: 'cumulative' }],
  ] as const) {
    it(`have the temporality of ${temporality}`, async () => {
      agent.relay('geth');
      const { points } = await firstRequest({ temporality });
      const of = (name: string) => points.find(({ metric }) => metric === name)?.temporality;
      const found = { counter: of('uds.send_bytes'), upDownCounter: of('uds.connections.active') };
      assert.deepEqual(found, expected);
    });
  }

  it('take nothing from the environment', async () => {
    const foreign = await listen();
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: foreign.url,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: foreign.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-foreign=1',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
      OTEL_RESOURCE_ATTRIBUTES: 'foreign=1',
    };
    Object.assign(process.env, environment);
    cleanup.defer(() => {
      for (const name of Object.keys(environment)) delete process.env[name];
    });
    agent.relay('geth');
    const { headers, points } = await firstRequest({});
    assert.equal(headers['x-foreign'], undefined);
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(points[0].temporality, 'cumulative');
    assert.equal(points[0].resource['foreign'], undefined);
    assert.equal(foreign.requests.length, 0);
  });
});
