import assert from 'node:assert/strict';
import { OtlpReceiver } from '../exporters/support/otlp-receiver.js';
import type { OtlpSpan } from '../exporters/support/otlp-spans.js';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { LineClient } from '../support/line-client.js';
import { answer, FAILURE_CODE, LineService } from '../support/line-service.js';
import { repeat } from '../support/repeat.js';

/** Of opentelemetry/proto/trace/v1/trace.proto. */
const SERVER = 2;
const CLIENT = 3;
const UNSET = 0;
const ERROR = 2;

const NS_PER_MS = 1_000_000n;
/** Clocks of two processes, and whole milliseconds of one of them. */
const CLOCK_TOLERANCE_NS = 20n * NS_PER_MS;

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

describe('spans of calls', () => {
  const cleanup = useCleanup();
  let receiver: OtlpReceiver;
  let agent: CapturingAgent;
  let client: LineClient;

  async function start(enrich: object = {}, pushesLogs = false): Promise<void> {
    receiver = await new OtlpReceiver().listen();
    cleanup.defer(() => receiver.close());
    agent = await new CapturingAgent(cleanup).start({
      enrich,
      otlphttp: { endpoint: receiver.url },
      pushesLogs,
    });
    await LineService.listen(cleanup, agent.upstream, (request) =>
      // The host asks, too, when it is told to.
      request.method === 'ask_me'
        ? `${answer(request)}\n{"jsonrpc":"2.0","id":"h1","method":"host_asks"}`
        : answer(request),
    );
    client = await LineClient.connect(cleanup, agent.listen);
  }

  const received = () =>
    receiver.taken.flatMap((request) => (request.url === '/v1/traces' ? request.spans : []));
  const logRecords = () =>
    receiver.taken.flatMap((request) => (request.url === '/v1/logs' ? request.logRecords : []));

  async function spans(count: number): Promise<OtlpSpan[]> {
    await eventually(`${count} spans are there`, () => received().length >= count);
    return received();
  }

  /** All there are, once the agent has ended and sent what it had. */
  async function lastSpans(): Promise<OtlpSpan[]> {
    await client.close();
    assert.equal((await agent.process.stop()).code, 0);
    return received();
  }

  it('say what was called, when, and how it went', async () => {
    await start();
    const beforeNs = BigInt(Date.now()) * NS_PER_MS - CLOCK_TOLERANCE_NS;
    await client.call('eth_call');
    await client.call('fail_call');
    const afterNs = BigInt(Date.now()) * NS_PER_MS + CLOCK_TOLERANCE_NS;
    const [called, failed, ...others] = await spans(2);
    assert.deepEqual(others, []);
    const attributes = {
      'uds.socket.name': 'rpc',
      'uds.socket.path': agent.upstream,
      'uds.socket.scope': 'host',
      'container.id': 'c1',
      'container.name': 'wallet',
      'network.transport': 'unix',
      'server.address': agent.upstream,
      'rpc.system.name': 'jsonrpc',
      'jsonrpc.protocol.version': '2.0',
    };
    assert.deepEqual(called.attributes, {
      ...attributes,
      'rpc.method': 'eth_call',
      'jsonrpc.request.id': '1',
    });
    assert.deepEqual(failed.attributes, {
      ...attributes,
      'rpc.method': 'fail_call',
      'jsonrpc.request.id': '2',
      'error.type': String(FAILURE_CODE),
      'rpc.status_code': String(FAILURE_CODE),
    });
    assert.deepEqual(called.status, { code: UNSET, message: '' });
    assert.deepEqual(failed.status, { code: ERROR, message: 'fail_call cannot be' });
    for (const span of [called, failed]) {
      assert.equal(span.name, span.attributes['rpc.method']);
      assert.equal(span.kind, SERVER);
      assert.equal(span.parentSpanId, '');
      assert.ok(beforeNs <= span.startNs, `${span.startNs} is before ${beforeNs}`);
      assert.ok(span.startNs <= span.endNs && span.endNs <= afterNs, `${span.startNs} to ${span.endNs}`);
      assert.equal(span.resource['service.name'], 'udscope');
    }
    assert.ok(called.endNs <= failed.startNs);
    assert.notEqual(called.traceId, failed.traceId);
  });

  it('are as many as calls', async () => {
    await start();
    for (let i = 0; i < 10; i++) await client.call(...repeat(150, () => 'eth_call'));
    const all = await lastSpans();
    assert.equal(all.length, 1500);
    assert.equal(new Set(all.map(({ spanId }) => spanId)).size, 1500);
  });

  it('of what the host asks are those of a client', async () => {
    await start();
    client.write(client.requests(['ask_me']));
    await client.answered(2);
    client.write('{"jsonrpc":"2.0","id":"h1","result":true}\n');
    const all = await spans(2);
    const kinds = Object.fromEntries(all.map(({ name, kind }) => [name, kind]));
    assert.deepEqual(kinds, { ask_me: SERVER, host_asks: CLIENT });
  });

  it('have the method as it was sent where metrics do not show it', async () => {
    await start({ methods: { max: 0 } });
    await client.call('rare\nmethod');
    const [span] = await spans(1);
    assert.equal(span.name, 'jsonrpc');
    assert.equal(span.attributes['rpc.method'], '_OTHER');
    assert.equal(span.attributes['rpc.method_original'], 'rare\nmethod');
  });

  const traced = (traceparent: string, tracestate?: string) => {
    const meta = { traceparent, ...(tracestate === undefined ? {} : { tracestate }) };
    return client.requests(['traced'], { _meta: meta, name: 'tool' });
  };

  it('belong to the trace that a call names', async () => {
    await start();
    client.write(traced(`00-${TRACE}-${PARENT}-01`, 'vendor=1'));
    client.write(traced(`00-${TRACE}-${PARENT}-01`));
    const all = await spans(2);
    for (const { traceId, parentSpanId } of all) assert.deepEqual([traceId, parentSpanId], [TRACE, PARENT]);
    assert.deepEqual(
      all.map(({ traceState }) => traceState),
      ['vendor=1', ''],
    );
    assert.notEqual(all[0].spanId, all[1].spanId);
  });

  it('are none of a trace that is not sampled, and new ones where the context is none', async () => {
    await start();
    const contexts = [`00-${TRACE}-${PARENT}-00`, `00-${'0'.repeat(32)}-${PARENT}-01`, 'nonsense'];
    client.write(contexts.map((context) => traced(context)).join(''));
    await client.answered(contexts.length);
    const all = await lastSpans();
    assert.deepEqual(
      all.map(({ attributes }) => attributes['jsonrpc.request.id']),
      ['2', '3'],
    );
    for (const { traceId, parentSpanId } of all) {
      assert.notEqual(traceId, TRACE);
      assert.equal(parentSpanId, '');
    }
  });

  it('are a part of the calls beside log records of all of them, which name these spans', async () => {
    await start({ span_ratio: 0.5, payload: 'raw' }, true);
    await client.call(...repeat(400, (i) => (i % 4 === 0 ? 'fail_call' : 'eth_call')));
    const spanIds = new Set((await lastSpans()).map(({ spanId }) => spanId));
    const records = logRecords();
    assert.equal(records.length, 400);
    const traced = records.filter(({ spanId }) => spanId !== '');
    assert.deepEqual(new Set(traced.map(({ spanId }) => spanId)), spanIds);
    const failed = records.filter(({ severity }) => severity.text === 'ERROR');
    assert.equal(failed.length, 100);
    assert.equal(failed[0].body, `fail_call failed: ${FAILURE_CODE} fail_call cannot be`);
    for (const { attributes, eventName } of records) {
      assert.deepEqual([eventName, attributes['container.name']], ['udscope.call', 'wallet']);
      assert.ok(Number(attributes['udscope.duration']) >= 0);
    }
    assert.ok('udscope.result' in records[1].attributes);
  });

  for (const [ratio, least, most] of [
    [0, 0, 0],
    // Twelve standard deviations around the half.
    [0.5, 310, 690],
    [1, 1000, 1000],
  ] as const) {
    it(`are for a part of ${ratio} of the calls, all of which are counted`, async () => {
      await start({ span_ratio: ratio });
      await client.call(...repeat(1000, () => 'eth_call'));
      await agent.assertCalls({ eth_call: 1000 });
      const { length } = await lastSpans();
      assert.ok(length >= least && length <= most, `${length} spans`);
    });
  }
});
