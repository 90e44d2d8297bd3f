import assert from 'node:assert/strict';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.js';
import { Agent, SCHEMA_URL, soon } from '../support/exporter-fixture.js';
import type { OtlpReceiver } from '../support/otlp-receiver.js';
import { encodeMessage } from '../support/protobuf.js';
import { SpanFeed, span } from '../support/span-feed.js';
import { useOtlp } from './fixture.js';

/** A batch that is sent at once. */
const FULL = 512;

const RETRY = { enabled: true, initial_interval: 5, max_interval: 5 };

describe('spans of the otlphttp exporter', () => {
  const { cleanup, listen, start } = useOtlp();
  let feed: SpanFeed;
  let agent: Agent;
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    feed = new SpanFeed();
    agent = new Agent({ id: 'otlphttp', spans: [feed], metrics: false });
    receiver = await listen();
  });

  const taken = (requests = 1) =>
    eventually(`${requests} are taken`, () => receiver.taken.length >= requests && receiver.taken);
  const names = () => receiver.taken.flatMap(({ spans }) => spans.map(({ name }) => name));
  const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, i) => `${first + i}`);

  describe('are sent', () => {
    for (const encoding of ['proto', 'json'] as const) {
      for (const compression of ['gzip', 'none'] as const) {
        it(`with all they have, ${encoding} and compression ${compression}`, async () => {
          const exporter = await start(agent, { endpoint: receiver.url, encoding, compression });
          const context = { parentSpanId: '00f067aa0ba902b7', traceState: 'vendor=1' };
          feed.give(span({ ...context, endMs: 1_700_000_000_000.001, error: 'out of gas' }));
          feed.give(span({ name: 'notify', kind: 'client', attributes: {} }));
          await exporter.shutdown(soon());
          const [request] = receiver.requests;
          assert.equal(request.url, '/v1/traces');
          const common = {
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            startNs: 1_700_000_000_000_000_000n,
            scope: 'udscope 1.2.3',
            resource: { 'service.name': 'udscope' },
            schemaUrls: [SCHEMA_URL, SCHEMA_URL],
          };
          assert.deepEqual(request.spans, [
            {
              ...common,
              ...context,
              flags: 0x301,
              name: 'eth_call',
              kind: 2,
              endNs: 1_700_000_000_000_001_000n,
              attributes: { 'rpc.system.name': 'jsonrpc' },
              status: { code: 2, message: 'out of gas' },
            },
            {
              ...common,
              parentSpanId: '',
              traceState: '',
              flags: 0x101,
              name: 'notify',
              kind: 3,
              endNs: 1_700_000_000_001_250_000n,
              attributes: {},
              status: { code: 0, message: '' },
            },
          ]);
        });
      }
    }

    it('by themselves when a batch is full, and not before', async () => {
      await start(agent, { endpoint: receiver.url });
      feed.giveMany(FULL - 1);
      assert.equal(receiver.requests.length, 0);
      feed.giveMany(FULL + 1);
      await taken(2);
      assert.deepEqual(
        receiver.taken.map(({ spans }) => spans.length),
        [FULL, FULL],
      );
      assert.deepEqual(names(), numbers(2 * FULL));
      await eventually('they are counted', () => agent.health['spans'] === 2 * FULL);
      assert.deepEqual(agent.health, { spans: 2 * FULL });
      assert.deepEqual(agent.log, []);
    });

    it('by themselves when a batch has waited', async () => {
      await start(agent, { endpoint: receiver.url });
      feed.giveMany(3);
      await taken();
      feed.giveMany(2);
      await taken(2);
      assert.deepEqual(names(), numbers(5));
    });

    it('in smaller batches when they are large', async () => {
      const exporter = await start(agent, { endpoint: receiver.url });
      feed.giveMany(10, { attributes: { text: 'x'.repeat(1024 * 1024) } });
      await exporter.shutdown(soon());
      assert.deepEqual(
        receiver.taken.map(({ spans }) => spans.length),
        [2, 2, 2, 2, 2],
      );
    });

    it('through a Unix socket', async () => {
      const socketPath = join(cleanup.directory(), 'otlp.sock');
      const local = await listen({ socketPath });
      const exporter = await start(agent, { endpoint: `unix://${socketPath}` });
      feed.give(span());
      await exporter.shutdown(soon());
      assert.equal(local.taken[0].url, '/v1/traces');
      assert.equal(local.taken[0].spans.length, 1);
    });

    it('to an endpoint of their own, beside metrics', async () => {
      const other = await listen();
      agent = new Agent({ spans: [feed] });
      agent.relay('geth').send(7);
      const traces_endpoint = `${other.url}/in`;
      const config = { endpoint: receiver.url, traces_endpoint, interval: 60_000 };
      const exporter = await start(agent, config);
      feed.give(span());
      await exporter.shutdown(soon());
      assert.equal(other.taken[0].url, '/in');
      assert.equal(other.taken[0].spans.length, 1);
      assert.equal(receiver.taken[0].url, '/v1/metrics');
      assert.equal(receiver.sum('uds.send_bytes'), 7);
    });

    it('from every source, as long as it runs', async () => {
      const other = new SpanFeed();
      agent = new Agent({ spans: [feed, other], metrics: false });
      const exporter = await start(agent, { endpoint: receiver.url });
      feed.give(span({ name: 'a' }));
      other.give(span({ name: 'b' }));
      await exporter.shutdown(soon());
      assert.deepEqual(names(), ['a', 'b']);
      assert.equal(feed.listeners + other.listeners, 0);
    });
  });

  describe('that cannot be taken', () => {
    it('are sent again, the same and in order', async () => {
      receiver.answer = (index) => (index < 3 ? { status: 503 } : {});
      await start(agent, { endpoint: receiver.url, retry_on_failure: RETRY });
      feed.giveMany(2 * FULL);
      await taken(2);
      assert.equal(receiver.requests.length, 5);
      assert.deepEqual(names(), numbers(2 * FULL));
      await eventually('they are counted', () => agent.health['spans'] === 2 * FULL);
      assert.deepEqual(agent.health, { spans: 2 * FULL, 'failures: unavailable': 3 });
      assert.deepEqual(
        agent.log.map(({ level, msg }) => `${level}: ${msg}`),
        [
          `warn: cannot export spans to ${receiver.url}/v1/traces: answered with status 503`,
          `info: exporting spans to ${receiver.url}/v1/traces recovered after 3 failures, nothing lost`,
        ],
      );
    });

    it('are dropped when the answer is final, and those after them are sent', async () => {
      receiver.answer = (index) => (index === 0 ? { status: 400 } : {});
      await start(agent, { endpoint: receiver.url, retry_on_failure: RETRY });
      feed.giveMany(2 * FULL);
      await taken();
      assert.deepEqual(names(), numbers(FULL, FULL));
      await eventually('they are counted', () => agent.health['spans'] === FULL);
      assert.deepEqual(agent.health, {
        spans: FULL,
        'spans: refused': FULL,
        'failures: refused': 1,
      });
      assert.match(agent.logged('info')[0], /recovered after 1 failures, 512 spans lost$/);
    });

    it('are dropped when retries have taken too long', async () => {
      receiver.answer = () => ({ status: 503 });
      await start(agent, { endpoint: receiver.url, retry_on_failure: { ...RETRY, max_elapsed_time: 40 } });
      feed.giveMany(2 * FULL);
      await eventually('all are dropped', () => agent.health['spans: unavailable'] === 2 * FULL);
      assert.ok(agent.health['failures: unavailable'] > 2, 'each was tried again');
    });

    it('are dropped after one try when retries are switched off', async () => {
      receiver.answer = () => 'reset';
      await start(agent, { endpoint: receiver.url });
      feed.giveMany(2 * FULL);
      await eventually('all are dropped', () => agent.health['spans: unreachable'] === 2 * FULL);
      assert.equal(agent.health['failures: unreachable'], 2);
    });

    it('in part are counted, and not sent again', async () => {
      const partialSuccess = encodeMessage([
        [1, 12],
        [2, 'too old'],
      ]);
      const headers = { 'content-type': 'application/x-protobuf' };
      receiver.answer = () => ({ headers, body: encodeMessage([[1, partialSuccess]]) });
      await start(agent, { endpoint: receiver.url, retry_on_failure: RETRY });
      feed.giveMany(FULL);
      await eventually('they are counted', () => agent.health['spans: rejected'] === 12);
      assert.deepEqual(agent.health, { spans: FULL - 12, 'spans: rejected': 12 });
      assert.deepEqual(agent.logged('warn'), [`${receiver.url}/v1/traces rejected spans: too old`]);
      assert.equal(receiver.requests.length, 1);
    });

    it('because they cannot be encoded are dropped, and those after them are sent', async () => {
      await start(agent, { endpoint: receiver.url });
      feed.giveMany(FULL - 1);
      feed.give(span({ traceId: undefined as unknown as string }));
      feed.giveMany(FULL);
      await taken();
      assert.deepEqual(names(), numbers(FULL, FULL - 1));
      assert.equal(agent.health['spans: malformed'], FULL);
      assert.equal(agent.health['failures: malformed'], 1);
    });
  });
});
