import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { Agent } from '../support/exporter-fixture.js';
import type { OtlpReceiver } from '../support/otlp-receiver.js';
import type { OtlpPoint } from '../support/otlp-request.js';
import { encodeMessage } from '../support/protobuf.js';
import { useOtlp } from './fixture.js';

/** One export, and nothing of another one while the test runs. */
const ONCE = { interval: 150 };

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const PROTOBUF = { 'content-type': 'application/x-protobuf' };

const isOf =
  (socket: string) =>
  ({ attributes }: OtlpPoint): boolean =>
    attributes['uds.socket.name'] === socket;

describe('delivery by the otlphttp exporter', () => {
  const { cleanup, listen, start } = useOtlp();
  let agent: Agent;
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    agent = new Agent({ id: 'otlphttp' });
    agent.relay('geth').send(5);
    receiver = await listen();
  });

  const taken = (count = 1) => eventually(`${count} are taken`, () => receiver.taken.length >= count);

  it('counts the data points that have arrived', async () => {
    await start(agent, { endpoint: receiver.url, ...ONCE });
    await eventually('they are counted', () => agent.health['data_points'] === 6);
    assert.deepEqual(agent.health, { data_points: 6 });
    assert.deepEqual(agent.log, []);
  });

  describe('tries again', () => {
    it('with the same request, after a status that may pass', async () => {
      receiver.answer = (index) => (index < 3 ? { status: 503 } : {});
      await start(agent, { endpoint: receiver.url, ...ONCE, retry_on_failure: { enabled: true } });
      await taken();
      assert.equal(receiver.requests.length, 4);
      const [{ points }] = receiver.requests;
      for (const request of receiver.requests) assert.deepEqual(request.points, points);
      await eventually('it is counted', () => agent.health['data_points'] === 6);
      assert.equal(agent.health['failures: unavailable'], 3);
    });

    it('when Retry-After says so, in place of the back-off', async () => {
      receiver.answer = (index) => (index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : {});
      await start(agent, { endpoint: receiver.url, interval: 1200, retry_on_failure: { enabled: true } });
      await taken();
      const [first, second] = receiver.requests;
      assert.ok(second.receivedMs - first.receivedMs >= 999);
      assert.deepEqual(second.points, first.points);
    });

    it('after a connection that broke off', async () => {
      receiver.answer = (index) => (index === 0 ? 'reset' : {});
      await start(agent, { endpoint: receiver.url, ...ONCE, retry_on_failure: { enabled: true } });
      await taken();
      assert.equal(agent.health['failures: unreachable'], 1);
    });

    it('when there is no socket yet', async () => {
      const socketPath = join(cleanup.directory(), 'otlp.sock');
      const retry = { enabled: true, initial_interval: 10, max_interval: 10 };
      await start(agent, { endpoint: `unix://${socketPath}`, interval: 300, retry_on_failure: retry });
      await eventually('it has failed', () => (agent.health['failures: unreachable'] ?? 0) >= 2);
      receiver = await listen({ socketPath });
      await taken();
      assert.match(agent.logged('warn')[0], /connect ENOENT/);
    });

    it('after a timeout', async () => {
      receiver.answer = (index) => (index === 0 ? 'hang' : {});
      const retry = { enabled: true };
      await start(agent, { endpoint: receiver.url, ...ONCE, timeout: 30, retry_on_failure: retry });
      await taken();
      assert.equal(agent.health['failures: timeout'], 1);
      assert.match(agent.logged('warn')[0], /no answer within 30 ms$/);
    });
  });

  it('does not mind a kept connection that ends just when it is used again', async () => {
    receiver.answer = (index) => (index === 1 ? 'reset' : {});
    await start(agent, { endpoint: receiver.url, temporality: 'delta' });
    await taken(3);
    assert.equal(receiver.connections, 2);
    assert.deepEqual(Object.keys(agent.health), ['data_points']);
    assert.deepEqual(agent.log, []);
  });

  it('tells of a server that does not speak HTTP', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')).listen(0, '127.0.0.1');
    cleanup.defer(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await start(agent, {
      endpoint: `http://127.0.0.1:${port}`,
      ...ONCE,
      retry_on_failure: { enabled: true },
    });
    await eventually('it is counted', () => agent.health['failures: malformed'] === 1);
    assert.match(agent.logged('warn')[0], /Parse Error/);
  });

  describe('leaves it to the next export', () => {
    const nextExport = async (retry: { enabled: boolean }) => {
      await start(agent, { endpoint: receiver.url, ...ONCE, retry_on_failure: retry });
      await taken();
      assert.equal(receiver.requests.length, 2);
      const [first, second] = receiver.requests;
      assert.notEqual(first.points[0].endNs, second.points[0].endNs);
    };

    it('after a status that says no', async () => {
      receiver.answer = (index) => (index === 0 ? { status: 400 } : {});
      await nextExport({ enabled: true });
      assert.equal(agent.health['failures: refused'], 1);
    });

    it('after a redirect', async () => {
      receiver.answer = (index) => (index === 0 ? { status: 307, headers: { location: '/' } } : {});
      await nextExport({ enabled: true });
    });

    it('when trying again is switched off', async () => {
      receiver.answer = (index) => (index === 0 ? { status: 503 } : {});
      await nextExport({ enabled: false });
    });
  });

  for (const enabled of [true, false]) {
    it(`leaves a destination alone for as long as it asks to be, retries ${enabled ? 'on' : 'off'}`, async () => {
      receiver.answer = (index) => (index === 0 ? { status: 503, headers: { 'retry-after': '1' } } : {});
      await start(agent, { endpoint: receiver.url, interval: 100, retry_on_failure: { enabled } });
      await taken();
      const [first, second] = receiver.requests;
      assert.ok(second.receivedMs - first.receivedMs >= 999, 'over nine intervals');
      assert.equal(agent.health['failures: unavailable'], 1);
    });
  }

  describe('of many requests', () => {
    const SERIES = 4000;
    /** A request of a thousand series can take more than the second of other tests on a busy machine. */
    const PATIENT = { interval: 60_000, timeout: 10_000 };

    beforeEach(() => {
      for (let i = 0; i < SERIES; i++) agent.relay(`socket-${i}`).send(1);
    });

    const arrived = () => {
      return [...receiver.sums('uds.send_bytes').keys()].filter((name) => name.startsWith('socket-'));
    };

    for (const temporality of ['cumulative', 'delta'] as const) {
      it(`goes on where one is refused for good, ${temporality}`, async () => {
        const isPoisoned = () => receiver.requests.at(-1)?.points.some(isOf('socket-1500')) === true;
        receiver.judge = () => (isPoisoned() ? { status: 400 } : {});
        const exporter = await start(agent, { endpoint: receiver.url, ...PATIENT, temporality });
        await exporter.shutdown(Date.now() + 10_000);
        assert.equal(receiver.requests.length, 5);
        assert.equal(arrived().length, SERIES - 1000);
        assert.equal(agent.health['failures: refused'], 1);
      });

      it(`sends in parts what is too large, ${temporality}`, async () => {
        const isTooLarge = () => (receiver.requests.at(-1)?.points.length ?? 0) > 300;
        receiver.judge = () => (isTooLarge() ? { status: 413 } : {});
        const exporter = await start(agent, { endpoint: receiver.url, ...PATIENT, temporality });
        await exporter.shutdown(Date.now() + 10_000);
        assert.equal(arrived().length, SERIES);
        const values = new Set(receiver.sums('uds.send_bytes').values());
        assert.deepEqual(values, new Set([1, 5]), 'each of them once');
      });
    }

    it('gives up what is too large by itself, and nothing else', async () => {
      receiver.judge = () =>
        receiver.requests.at(-1)?.points.some(isOf('socket-1500')) ? { status: 413 } : {};
      const exporter = await start(agent, { endpoint: receiver.url, ...PATIENT });
      await exporter.shutdown(Date.now() + 10_000);
      assert.equal(arrived().length, SERIES - 1);
    });

    it('begins the next export with those that did not have their turn', async () => {
      receiver.judge = () =>
        receiver.requests.at(-1)?.points.some(isOf('socket-10')) ? { status: 503 } : {};
      await start(agent, { endpoint: receiver.url, interval: 300 });
      await eventually('all others have arrived', () => arrived().length >= SERIES - 1000);
    });
  });

  describe('says', () => {
    it('why, with the first line of a Status in protobuf', async () => {
      const body = encodeMessage([
        [1, 3],
        [2, 'points are too \u001b[31mold\nsecond line'],
      ]);
      receiver.answer = () => ({ status: 400, headers: PROTOBUF, body });
      await start(agent, { endpoint: receiver.url });
      await eventually('it is logged', () => agent.logged('warn').length > 0);
      const why = 'answered with status 400: points are too \\u{1b}[31mold';
      assert.deepEqual(agent.logged('warn'), [`cannot export metrics to ${receiver.url}/v1/metrics: ${why}`]);
    });

    it('why, with the message of a Status in JSON', async () => {
      receiver.answer = () => ({ status: 400, headers: JSON_TYPE, body: '{"code":3,"message":"too old"}' });
      await start(agent, { endpoint: receiver.url, encoding: 'json' });
      await eventually('it is logged', () => agent.logged('warn').length > 0);
      assert.match(agent.logged('warn')[0], /: answered with status 400: too old$/);
    });

    it('nothing of the secrets in headers and URLs', async () => {
      receiver.answer = () => ({ status: 401 });
      const endpoint = `http://user:secret@127.0.0.1:${receiver.port}/push?key=secret`;
      await start(agent, { metrics_endpoint: endpoint, headers: { 'X-Key': 'secret' } });
      await eventually('it is logged', () => agent.logged('warn').length > 0);
      assert.match(agent.logged('warn')[0], /to http:\/\/127\.0\.0\.1:\d+\/push: answered with status 401$/);
      assert.ok(!JSON.stringify(agent.log).includes('secret'));
    });

    it('once that it fails, and once that it has recovered', async () => {
      receiver.answer = (index) => (index < 3 ? { status: 500 } : {});
      await start(agent, { endpoint: receiver.url, temporality: 'delta' });
      await eventually('it has recovered', () => agent.logged('info').length > 0);
      await taken(2);
      const target = `${receiver.url}/v1/metrics`;
      assert.deepEqual(
        agent.log.map(({ level, msg }) => `${level}: ${msg}`),
        [
          `warn: cannot export metrics to ${target}: answered with status 500`,
          `info: exporting metrics to ${target} recovered after 3 failures, nothing lost`,
        ],
      );
    });
  });

  describe('of a request that is taken in part', () => {
    it('does not say that nothing is lost when it has recovered', async () => {
      receiver.answer = (index) => (index === 0 ? { status: 500 } : partial(2, ''));
      await start(agent, { endpoint: receiver.url, temporality: 'delta' });
      await eventually('it has recovered', () => agent.logged('info').length > 0);
      assert.match(agent.logged('info')[0], /recovered after 1 failures, 2 data points rejected$/);
    });

    const partial = (rejected: number, message: string) => {
      const partialSuccess = encodeMessage([
        [1, rejected],
        [2, message],
      ]);
      return { headers: PROTOBUF, body: encodeMessage([[1, partialSuccess]]) };
    };

    it('counts what was rejected, says why once, and does not try again', async () => {
      receiver.answer = () => partial(2, 'too old');
      await start(agent, { endpoint: receiver.url, interval: 300, retry_on_failure: { enabled: true } });
      await taken(3);
      await eventually('it is counted', () => (agent.health['data_points: rejected'] ?? 0) >= 6);
      assert.equal(agent.health['data_points'] / agent.health['data_points: rejected'], 2);
      assert.deepEqual(agent.logged('warn'), [`${receiver.url}/v1/metrics rejected data points: too old`]);
      const [first, second] = receiver.requests;
      assert.ok(second.receivedMs - first.receivedMs > 150);
    });

    it('understands 64-bit integers of JSON', async () => {
      const body = '{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"too old"}}';
      receiver.answer = () => ({ headers: JSON_TYPE, body });
      await start(agent, { endpoint: receiver.url, ...ONCE, encoding: 'json' });
      await eventually('it is counted', () => agent.health['data_points: rejected'] === 2);
      assert.equal(agent.health['data_points'], 4);
    });

    it('never counts more than it sent', async () => {
      receiver.answer = () => partial(1000, '');
      await start(agent, { endpoint: receiver.url, ...ONCE });
      await eventually('it is counted', () => agent.health['data_points: rejected'] === 6);
      assert.deepEqual(agent.health, { 'data_points: rejected': 6 });
    });

    it('passes a warning on that comes without a rejection', async () => {
      receiver.answer = () => partial(0, 'soon to be withdrawn');
      await start(agent, { endpoint: receiver.url, ...ONCE });
      await eventually('it is logged', () => agent.logged('warn').length > 0);
      assert.match(agent.logged('warn')[0], /took everything but says: soon to be withdrawn$/);
    });
  });

  describe('by an answer that cannot be read', () => {
    const unreadable = {
      'of another kind': { headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' },
      'with a malformed body': { headers: PROTOBUF, body: Buffer.from([0x0a, 0xff]) },
      'with more than 4 MiB': { headers: JSON_TYPE, body: `{}${' '.repeat(4 * 1024 * 1024)}` },
    };
    for (const [what, answer] of Object.entries(unreadable)) {
      it(`${what} counts as success, and is told of once`, async () => {
        receiver.answer = () => answer;
        await start(agent, { endpoint: receiver.url, temporality: 'delta', interval: 250 });
        await taken(2);
        assert.equal(receiver.sum('uds.send_bytes'), 5);
        assert.equal(agent.logged('warn').length, 1);
        assert.match(
          agent.logged('warn')[0],
          /answered with status 200, but with a body \(.+\) that is no OTLP response$/,
        );
      });
    }
  });
});
