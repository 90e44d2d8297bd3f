import assert from 'node:assert/strict';
import { join } from 'node:path';
import { CLIENT, certificatePath } from '../exporters/otlphttp/certificates.js';
import { Cleanup } from '../support/cleanup.js';
import { freePort, type RealProcess } from '../support/process.js';
import { EchoClient, EchoServer, startUdscope } from '../support/udscope.js';
import {
  buildCollector,
  COLLECTOR_BUILD_TIMEOUT_MS,
  type Collector,
  startCollector,
} from './support/collector.js';
import type { MetricPoint } from './support/otlp-json.js';
import { startPrometheus } from './support/prometheus.js';
import { requireTool } from './support/requirements.js';

const CONTAINER = { id: 'c0ffee', name: 'web' };

let directory: string;
let upstream: EchoServer;

const cleanup = new Cleanup();

/** A fresh directory and upstream for each test, and the end of everything a test has started. */
function useUpstream(): void {
  beforeEach(async () => {
    directory = cleanup.directory();
    upstream = await EchoServer.listen(join(directory, 'up.sock'));
    cleanup.defer(() => upstream.close());
  });
  afterEach(() => cleanup.run());
}

async function startAgent(
  exporters: Record<string, unknown>,
): Promise<{ agent: RealProcess; listen: string }> {
  const listen = join(directory, 'relay.sock');
  const socket = { name: 'echo', listen, upstream: upstream.path, container: CONTAINER };
  const agent = await startUdscope(
    {
      receivers: { uds: { sockets: [socket] } },
      exporters,
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: Object.keys(exporters) } } },
    },
    directory,
  );
  cleanup.defer(() => agent.stop());
  return { agent, listen };
}

async function connectClient(listen: string): Promise<EchoClient> {
  const client = await EchoClient.connect(listen);
  cleanup.defer(() => client.close());
  return client;
}

function named(points: MetricPoint[], name: string): MetricPoint[] {
  return points.filter((point) => point.name === name);
}

function latest(points: MetricPoint[], name: string): number | undefined {
  return named(points, name).at(-1)?.value;
}

function sum(points: MetricPoint[], name: string): number {
  return named(points, name).reduce((total, { value }) => total + value, 0);
}

describe('Prometheus', () => {
  requireTool('prometheus', 'apt-get install prometheus');
  useUpstream();

  it('scrapes the counters and answers sum(uds_send_bytes_total)', async () => {
    const port = await freePort();
    const { listen } = await startAgent({ prometheus: { endpoint: `127.0.0.1:${port}` } });
    const prometheus = await startPrometheus({ target: `127.0.0.1:${port}`, directory });
    cleanup.defer(() => prometheus.stop());
    const client = await connectClient(listen);
    for (let i = 0; i < 10; i++) await client.roundTrip(1000);
    await prometheus.waitForQuery('sum(uds_send_bytes_total)', ([sample]) => sample?.value === 10_000);
    const [sample] = await prometheus.query('uds_recv_bytes_total');
    assert.equal(sample?.value, 10_000);
    assert.equal(sample?.labels['uds_socket_name'], 'echo');
    assert.equal(sample?.labels['uds_socket_path'], upstream.path);
    assert.equal(sample?.labels['container_id'], CONTAINER.id);
    assert.equal(sample?.labels['container_name'], CONTAINER.name);
    const [active] = await prometheus.query('uds_connections_active');
    assert.equal(active?.value, 1);
  });
});

describe('OpenTelemetry Collector', () => {
  requireTool('go', 'https://go.dev/dl');
  useUpstream();

  before(async function () {
    this.timeout(COLLECTOR_BUILD_TIMEOUT_MS);
    await buildCollector();
  });

  async function startReceiver(http: 'tcp' | 'unix'): Promise<Collector> {
    const collector = await startCollector({ http, directory });
    cleanup.defer(() => collector.stop());
    return collector;
  }

  const server = { cert_file: certificatePath('server.pem'), key_file: certificatePath('server-key.pem') };
  const ca_file = certificatePath('ca.pem');
  const transports = [
    { words: 'TLS of a private authority', receiver: server, tls: { ca_file } },
    {
      words: 'mutual TLS',
      receiver: { ...server, client_ca_file: ca_file },
      tls: { ca_file, ...CLIENT },
    },
  ];
  for (const { words, receiver, tls } of transports) {
    it(`receives over ${words}`, async () => {
      const collector = await startCollector({ tls: receiver, directory });
      cleanup.defer(() => collector.stop());
      const { listen } = await startAgent({
        otlphttp: { endpoint: collector.endpoint, tls, interval: '200ms', timeout: '2s' },
      });
      const client = await connectClient(listen);
      await client.roundTrip(321);
      await collector.waitForReceived((all) => latest(all, 'uds.recv_bytes') === 321);
    });
  }

  for (const http of ['tcp', 'unix'] as const) {
    for (const encoding of ['proto', 'json'] as const) {
      it(`receives the same numbers as ${encoding} over ${http}`, async () => {
        const collector = await startReceiver(http);
        const { listen } = await startAgent({
          otlphttp: { endpoint: collector.endpoint, encoding, interval: '200ms', timeout: '2s' },
        });
        const client = await connectClient(listen);
        for (let i = 0; i < 7; i++) await client.roundTrip(321);
        const total = 7 * 321;
        const points = await collector.waitForReceived((all) => latest(all, 'uds.recv_bytes') === total);
        assert.equal(latest(points, 'uds.send_bytes'), total);
        assert.equal(latest(points, 'uds.connections.active'), 1);
        const point = named(points, 'uds.send_bytes').at(-1);
        assert.ok(point);
        assert.equal(point.unit, 'By');
        assert.equal(point.monotonic, true);
        assert.deepEqual(point.attributes, {
          'uds.socket.name': 'echo',
          'uds.socket.path': upstream.path,
          'uds.socket.scope': 'host',
          'container.id': CONTAINER.id,
          'container.name': CONTAINER.name,
        });
        assert.equal(point.resource['service.name'], 'udscope');
      });
    }
  }

  it('loses no delta when it is stopped and started again in the middle', async () => {
    const collector = await startReceiver('tcp');
    const { agent, listen } = await startAgent({
      otlphttp: {
        endpoint: collector.endpoint,
        temporality: 'delta',
        interval: '200ms',
        timeout: '1s',
        retry_on_failure: { initial_interval: '50ms', max_interval: '100ms' },
      },
    });
    const client = await connectClient(listen);
    let sent = 0;
    const talk = async (rounds: number) => {
      for (let i = 0; i < rounds; i++) {
        await client.roundTrip(100 + i);
        sent += 100 + i;
      }
    };
    await talk(50);
    await collector.waitForReceived((points) => sum(points, 'uds.send_bytes') === sent);
    await collector.stop();
    await talk(50);
    await agent.waitForOutput(/otlphttp/);
    await talk(50);
    await collector.start();
    await talk(50);
    const points = await collector.waitForReceived((all) => sum(all, 'uds.send_bytes') >= sent);
    assert.equal(sum(points, 'uds.send_bytes'), sent);
    assert.equal(sum(points, 'uds.recv_bytes'), sent);
    assert.equal(upstream.bytes, sent);
  });

  it('gets the last numbers when the agent is told to stop', async () => {
    const collector = await startReceiver('tcp');
    const { agent, listen } = await startAgent({
      otlphttp: { endpoint: collector.endpoint, interval: '10m' },
    });
    const client = await EchoClient.connect(listen);
    await client.roundTrip(12_345);
    await client.close();
    const { code } = await agent.stop();
    assert.equal(code, 0);
    const points = await collector.waitForReceived((all) => all.length > 0);
    assert.equal(latest(points, 'uds.send_bytes'), 12_345);
    assert.equal(latest(points, 'uds.connections.active'), 0);
  });
});
