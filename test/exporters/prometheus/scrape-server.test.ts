import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent as HttpAgent } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { waitFor } from '../../support/process.js';
import { parsePrometheusText } from '../../support/prometheus-text.js';
import { Agent, soon } from '../support/exporter-fixture.js';
import { usePrometheusExporter } from './fixture.js';

/** A program that closes each connection as soon as it has a page whole: port, and how many pages. */
const HASTY_SCRAPER = `
  const { connect } = require('node:net');
  const [port, scrapes] = process.argv.slice(1).map(Number);
  const scrape = (left) => {
    if (left === 0) return;
    let page = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /metrics HTTP/1.1\\r\\nHost: localhost\\r\\nAccept-Encoding: gzip\\r\\n\\r\\n'));
    socket.on('data', (chunk) => {
      page = Buffer.concat([page, chunk]);
      const end = page.indexOf('\\r\\n\\r\\n') + 4;
      const length = Number(/content-length: (\\d+)/i.exec(page.toString('latin1'))?.[1]);
      if (end > 3 && page.length >= end + length) socket.resetAndDestroy();
    });
    socket.on('close', () => scrape(left - 1));
  };
  scrape(scrapes);
`;
const HASTY_SCRAPES = 50;

describe('the HTTP server of the prometheus exporter', () => {
  const start = usePrometheusExporter();
  const cleanup = useCleanup();
  let agent: Agent;

  beforeEach(() => {
    agent = new Agent({ id: 'prometheus/main' });
  });

  const request = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';

  /** A scraper that has begun to receive a page larger than the kernel's buffers, and does not read on. */
  const stallingScraper = async ({ address, port }: AddressInfo, sent = request): Promise<Socket> => {
    const socket = connect(port, address);
    cleanup.defer(() => socket.destroy());
    socket.write(sent);
    await once(socket, 'readable');
    return socket;
  };

  const relayMany = () => {
    for (let i = 0; i < 8000; i++) agent.relay(`socket-${i}`, { padding: 'x'.repeat(200) });
  };

  it('says which text format it answers in', async () => {
    const { status, headers } = await (await start(agent)).scrape();
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(headers['content-encoding'], undefined);
  });

  for (const accept of ['gzip', 'deflate, GZIP;q=0.5', '*', 'x-gzip']) {
    it(`compresses for Accept-Encoding: ${accept}`, async () => {
      agent.relay('geth');
      const { scrape } = await start(agent);
      const { headers, body } = await scrape({ headers: { 'accept-encoding': accept } });
      assert.equal(headers['content-encoding'], 'gzip');
      assert.equal(headers['content-length'], String(body.length));
      assert.ok(parsePrometheusText(gunzipSync(body).toString()).has('uds_send_bytes_total'));
    });
  }

  for (const accept of ['', 'identity', 'gzip;q=0', 'deflate, br', '*;q=0.0', 'gzip;q=0, *']) {
    it(`does not compress for Accept-Encoding: ${accept}`, async () => {
      const { scrape } = await start(agent);
      const { headers } = await scrape({ headers: { 'accept-encoding': accept } });
      assert.equal(headers['content-encoding'], undefined);
    });
  }

  it('answers HEAD without a page, and without collecting', async () => {
    const { status, headers, body } = await (await start(agent)).scrape({ method: 'HEAD' });
    assert.equal(status, 200);
    assert.match(headers['content-type'] ?? '', /version=0\.0\.4/);
    assert.equal(body.length, 0);
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    it(`refuses ${method}`, async () => {
      const { status, headers } = await (await start(agent)).scrape({ method });
      assert.equal(status, 405);
      assert.equal(headers.allow, 'GET, HEAD');
    });
  }

  for (const path of ['/', '/metrics/', '/Metrics', '//', '/metricsx']) {
    it(`has nothing at ${path} but says where it has`, async () => {
      const { status, body } = await (await start(agent)).scrape({ path });
      assert.equal(status, 404);
      assert.equal(body.toString(), 'Nothing here. The metrics of udscope are at /metrics\n');
    });
  }

  for (const path of ['/metrics', '/metrics?name=x', 'http://example.test/metrics']) {
    it(`serves ${path}`, async () => {
      assert.equal((await (await start(agent)).scrape({ path })).status, 200);
    });
  }

  it('serves at the configured path only', async () => {
    const { scrape } = await start(agent, { path: '/über/metrics' });
    assert.equal((await scrape({ path: '/%C3%BCber/metrics' })).status, 200);
    assert.equal((await scrape()).status, 404);
  });

  it('answers 500 when collecting fails, says so in the log, and goes on', async () => {
    const { scrape } = await start(agent);
    agent.outOfOrder = true;
    const { status, headers, body } = await scrape({ headers: { 'accept-encoding': 'gzip' } });
    assert.equal(status, 500);
    assert.equal(headers['content-encoding'], undefined);
    assert.match(body.toString(), /could not be collected/);
    assert.deepEqual(agent.logged('error'), ['metrics could not be served']);
    assert.deepEqual(agent.health, { 'failures: malformed': 1 });
    agent.outOfOrder = false;
    assert.equal((await scrape()).status, 200);
  });

  it('counts the points it has served', async () => {
    agent.relay('geth');
    await (await start(agent)).scrape();
    await eventually('6 points are counted', () => agent.health['data_points'] === 6);
  });

  it('counts as served what a scraper has taken whole that closes at once, however busy the agent is', async () => {
    agent.relay('geth');
    const { address } = await start(agent);
    const args = ['--eval', HASTY_SCRAPER, String(address.port), String(HASTY_SCRAPES)];
    const scraper = spawn(process.execPath, args, { stdio: 'ignore' });
    cleanup.defer(() => void scraper.kill());
    const busy = setInterval(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2), 0);
    cleanup.defer(() => clearInterval(busy));
    await once(scraper, 'exit');
    const counted = { data_points: HASTY_SCRAPES * 6 };
    await eventually(
      'all are counted',
      () => isDeepStrictEqual(agent.health, counted),
      () => agent.health,
    );
  });

  it('answers any number of scrapes at once', async () => {
    for (let i = 0; i < 100; i++) agent.relay(`socket-${i}`);
    const { families } = await start(agent);
    const pages = await Promise.all(Array.from({ length: 20 }, families));
    for (const page of pages) assert.equal(page.get('uds_send_bytes_total')?.samples.length, 100);
  });

  describe('with a page of many chunks', () => {
    it('sends the same one with and without compression', async () => {
      relayMany();
      const { scrape } = await start(agent);
      const [plain, zipped] = await Promise.all([
        scrape(),
        scrape({ headers: { 'accept-encoding': 'gzip' } }),
      ]);
      assert.equal(zipped.headers['content-length'], String(zipped.body.length));
      const page = plain.body.toString();
      assert.ok(page === gunzipSync(zipped.body).toString());
      assert.equal(parsePrometheusText(page).get('uds_recv_ops_total')?.samples.length, 8000);
      await eventually('both are counted', () => agent.health['data_points'] === 2 * 6 * 8000);
    });

    it('sends it plain in one go, without knowing its length', async () => {
      relayMany();
      const { scrape } = await start(agent);
      const { headers, body } = await scrape();
      assert.equal(headers['transfer-encoding'], 'chunked');
      assert.ok(parsePrometheusText(body.toString()).has('uds_send_bytes_total'));
    });

    it('sends it to the end of the connection for HTTP/1.0, which knows no chunks', async () => {
      relayMany();
      const { address } = await start(agent);
      const socket = connect(address.port, address.address);
      socket.write('GET /metrics HTTP/1.0\r\n\r\n');
      const [headers = '', body = ''] = Buffer.concat(await socket.toArray())
        .toString()
        .split('\r\n\r\n');
      assert.doesNotMatch(headers, /transfer-encoding/i);
      assert.equal(parsePrometheusText(body).get('uds_recv_ops_total')?.samples.length, 8000);
    });

    it('breaks off what cannot be written to its end, so that nobody takes it for whole', async () => {
      relayMany();
      const { scrape } = await start(agent);
      agent.outOfOrder = true;
      await assert.rejects(scrape(), /aborted|ECONNRESET/);
      assert.deepEqual(agent.health, { 'failures: malformed': 1 });
      const zipped = await scrape({ headers: { 'accept-encoding': 'gzip' } });
      assert.equal(zipped.status, 500, 'which is compressed before it is sent');
    });

    it('counts a scraper that goes away in the middle as unreachable, once', async () => {
      relayMany();
      const { address, scrape } = await start(agent);
      (await stallingScraper(address)).destroy();
      await eventually('it is counted', () => agent.health['failures: unreachable'] === 1);
      assert.equal((await scrape({ method: 'HEAD' })).status, 200);
      assert.deepEqual(agent.health, { 'failures: unreachable': 1 });
    });

    it('collects for eight at a time, whoever else has connected and does not read', async () => {
      relayMany();
      let collections = 0;
      let most = 0;
      agent.context.source.tables[0]?.onReading(() => {
        // Where the machine is slow, one that does not read has given way by now.
        const ended = agent.health['failures: unreachable'] ?? 0;
        most = Math.max(most, ++collections - ended);
      });
      const { address, scrape } = await start(agent);
      const scrapers = await Promise.all(Array.from({ length: 8 }, () => stallingScraper(address)));
      const waiting = Array.from({ length: 8 }, () => connect(address.port, address.address));
      for (const scraper of waiting) {
        cleanup.defer(() => scraper.destroy());
        scraper.write(request);
      }
      assert.equal((await scrape({ method: 'HEAD' })).status, 200);
      assert.equal(most, 8);
      for (const scraper of [...waiting, ...scrapers]) scraper.destroy();
      assert.equal((await scrape()).status, 200);
    });

    it('is not kept waiting by 200 others that asked and do not read', async () => {
      relayMany();
      let collections = 0;
      agent.context.source.tables[0]?.onReading(() => {
        collections++;
      });
      const { address, scrape } = await start(agent);
      const others = Array.from({ length: 200 }, () => connect(address.port, address.address));
      for (const other of others) {
        cleanup.defer(() => other.destroy());
        other.on('error', () => {});
        other.write(request);
      }
      await eventually('eight are served', () => collections >= 8);
      assert.equal((await waitFor('a page', () => scrape())).status, 200);
      // One after the other, all that have room would have been before it.
      assert.ok(collections < 40, `${collections} collections`);
    });

    it('counts both answers that a scraper has asked for at once and does not wait for', async () => {
      relayMany();
      const { address } = await start(agent);
      (await stallingScraper(address, request + request)).destroy();
      await eventually(
        'both are counted',
        () => agent.health['failures: unreachable'] === 2,
        () => agent.health,
      );
    });
  });

  describe('listens', () => {
    it('on any free port for port 0, and says which', async () => {
      const { address } = await start(agent);
      assert.equal(address.address, '127.0.0.1');
      assert.notEqual(address.port, 9464);
      const url = `http://127.0.0.1:${address.port}/metrics`;
      assert.deepEqual(agent.logged('info'), [`metrics for Prometheus at ${url}`]);
    });

    it('on the configured host only', async () => {
      const { address } = await start(agent, { endpoint: { host: 'localhost', port: 0 } });
      assert.equal(address.address, '127.0.0.1');
    });

    it('on every interface without a host', async () => {
      const { address } = await start(agent, { endpoint: { host: undefined, port: 0 } });
      assert.ok(['::', '0.0.0.0'].includes(address.address));
    });

    it('where it is configured, whatever the environment says', async () => {
      process.env['OTEL_EXPORTER_PROMETHEUS_HOST'] = 'no.such.host.invalid';
      process.env['OTEL_EXPORTER_PROMETHEUS_PORT'] = '1';
      cleanup.defer(() => {
        delete process.env['OTEL_EXPORTER_PROMETHEUS_HOST'];
        delete process.env['OTEL_EXPORTER_PROMETHEUS_PORT'];
      });
      const { address } = await start(agent);
      assert.equal(address.address, '127.0.0.1');
    });
  });

  describe('cannot listen', () => {
    it('on a port that is in use', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      cleanup.defer(() => other.close());
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      await assert.rejects(start(agent, { endpoint: { host: 'localhost', port } }), {
        message: `prometheus/main: cannot listen on localhost:${port}: the port is in use`,
      });
    });

    it('on a host that there is not', async () => {
      await assert.rejects(start(agent, { endpoint: { host: 'no-such-host.invalid', port: 0 } }), {
        message: /: cannot listen on no-such-host\.invalid:0: (there is no such host|the host cannot be)/,
      });
    });

    it('on an address of another machine', async () => {
      await assert.rejects(start(agent, { endpoint: { host: '192.0.2.1', port: 0 } }), {
        message: 'prometheus/main: cannot listen on 192.0.2.1:0: the address is none of this machine',
      });
    });

    it('on an IPv6 address that is not its own, which it writes in brackets', async () => {
      await assert.rejects(start(agent, { endpoint: { host: '2001:db8::1', port: 80 } }), {
        message: /: cannot listen on \[2001:db8::1\]:80: /,
      });
    });
  });

  describe('shuts down', () => {
    it('with its idle connections, at once', async () => {
      const { exporter, scrape } = await start(agent);
      const keepAlive = new HttpAgent({ keepAlive: true });
      await scrape({ agent: keepAlive });
      const deadlineMs = soon();
      await exporter.shutdown(deadlineMs);
      assert.ok(Date.now() < deadlineMs - 1000);
    });

    it('after a scrape that is under way', async () => {
      relayMany();
      const { exporter, address } = await start(agent);
      const scraper = await stallingScraper(address);
      const deadlineMs = soon();
      const stopped = exporter.shutdown(deadlineMs);
      const page = Buffer.concat(await scraper.toArray()).toString();
      await stopped;
      assert.ok(Date.now() < deadlineMs, 'it did not wait for the connection, which might be kept');
      assert.match(page, /\r\n0\r\n\r\n$/, 'the page has its end');
    });

    it('at the deadline, whoever has not read by then', async () => {
      relayMany();
      const { exporter, address } = await start(agent);
      await stallingScraper(address);
      const deadlineMs = Date.now() + 100;
      await exporter.shutdown(deadlineMs);
      assert.ok(Date.now() < deadlineMs + 500);
      await eventually(
        'it is counted',
        () => agent.health['failures: unreachable'] === 1,
        () => agent.health,
      );
    });
  });
});
