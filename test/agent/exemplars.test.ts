import assert from 'node:assert/strict';
import { join } from 'node:path';
import { OtlpReceiver } from '../exporters/support/otlp-receiver.js';
import type { OtlpSpan } from '../exporters/support/otlp-spans.js';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { exemplarsOf, type PageExemplar } from '../support/open-metrics-exemplars.js';
import { repeat } from '../support/repeat.js';

const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0';
const CALLS = 60;
const METHODS = ['eth_call', 'eth_getBlockByNumber', 'fail_call'];

/** Of opentelemetry/proto/trace/v1/trace.proto. */
const KINDS = new Map([
  ['rpc_server_call_duration_seconds_bucket', 2],
  ['rpc_client_call_duration_seconds_bucket', 3],
]);

/** Attributes of a span that its series has as labels. */
const SHARED = {
  container_id: 'container.id',
  rpc_method: 'rpc.method',
  error_type: 'error.type',
  uds_socket_name: 'uds.socket.name',
};

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

const FORGED: readonly string[] = [
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `ff-${TRACE}-${PARENT}-01`,
  `00-${TRACE}"} 1 # {a="-${PARENT}-01`,
  `00-${TRACE}\n# EOF\n-${PARENT}-01`,
  '0'.repeat(5000),
];

describe('exemplars on the metrics page', () => {
  const cleanup = useCleanup();
  let receiver: OtlpReceiver;
  let agent: CapturingAgent;

  async function start(enrich: object = {}): Promise<void> {
    receiver = await new OtlpReceiver().listen();
    cleanup.defer(() => receiver.close());
    agent = new CapturingAgent(cleanup);
    await agent.start({ ...options(enrich), otlphttp: { endpoint: receiver.url, encoding: 'json' } });
    await LineService.listen(cleanup, agent.upstream);
  }

  const otherListen = () => join(agent.directory, 'other/rpc.sock');

  /** The same service for two containers. */
  const options = (enrich: object) => ({
    enrich,
    sockets: [
      {
        name: 'rpc-of-other',
        listen: otherListen(),
        upstream: agent.upstream,
        container: { id: 'c2', name: 'other' },
      },
    ],
  });

  /** Two containers call, with and without success. */
  async function callAll(): Promise<void> {
    for (const path of [agent.listen, otherListen()]) {
      const client = await LineClient.connect(cleanup, path);
      await client.call(...repeat(CALLS, (i) => METHODS[i % METHODS.length]));
      await client.close();
    }
  }

  const spans = () => receiver.taken.flatMap((request) => request.spans);
  const exemplars = async () => exemplarsOf(await agent.page(OPEN_METRICS));

  function assertIsOf({ name, labels, exemplar, above }: PageExemplar, all: readonly OtlpSpan[]): void {
    const span = all.find(({ spanId }) => spanId === exemplar.spanId);
    assert.ok(span !== undefined, `no span ${exemplar.spanId} of ${name}`);
    assert.equal(span.traceId, exemplar.traceId);
    assert.equal(span.kind, KINDS.get(name));
    for (const [label, attribute] of Object.entries(SHARED)) {
      assert.equal(labels[label], span.attributes[attribute], label);
    }
    assert.ok(above < exemplar.value && exemplar.value <= Number(labels['le']?.replace('Inf', 'Infinity')));
    assert.ok(Math.abs(Number(span.endNs - span.startNs) / 1e9 - exemplar.value) < 1e-5);
    assert.ok(Math.abs(Number(span.endNs) / 1e9 - exemplar.timestamp) < 2e-3);
  }

  it('are spans of the container, the method and the outcome that they stand with', async () => {
    await start();
    await callAll();
    await eventually('all spans are there', () => spans().length === 2 * CALLS);
    const shown = await exemplars();
    for (const each of shown) assertIsOf(each, spans());
    const series = new Set(shown.map(({ labels }) => `${labels['container_id']} ${labels['rpc_method']}`));
    assert.equal(series.size, 2 * METHODS.length);
  });

  it('are only those of calls that have a span', async () => {
    await start({ span_ratio: 0.1 });
    await callAll();
    const counts = async () => agent.sum('uds_method_calls_total');
    await agent.until('all calls to be counted', async () => (await counts()) === 2 * CALLS);
    const before = await exemplars();
    await eventually('their spans are there', () => {
      const known = new Set(spans().map(({ spanId }) => spanId));
      return before.every(({ exemplar }) => known.has(exemplar.spanId));
    });
    for (const each of before) assertIsOf(each, spans());
    assert.ok(spans().length < CALLS, `${spans().length} spans`);
  });

  it('stay as they are without a traces pipeline, until there are others', async () => {
    await start();
    await callAll();
    await eventually('all spans are there', () => spans().length === 2 * CALLS);
    const before = await exemplars();
    await agent.reload(options({}));
    await callAll();
    await agent.until(
      'all calls to be counted',
      async () => (await agent.sum('uds_method_calls_total')) === 4 * CALLS,
    );
    assert.deepEqual(await exemplars(), before);
    await agent.reload({ ...options({}), otlphttp: { endpoint: receiver.url, encoding: 'json' } });
    await callAll();
    await eventually('all further spans are there', () => spans().length === 4 * CALLS);
    const after = await exemplars();
    for (const each of after) assertIsOf(each, spans());
    assert.ok(after.some(({ exemplar }) => !before.some((old) => old.exemplar.spanId === exemplar.spanId)));
  });

  it('take the trace that a call names, and nothing that is none', async () => {
    await start();
    const client = await LineClient.connect(cleanup, agent.listen);
    for (const [i, traceparent] of [`00-${TRACE}-${PARENT}-01`, ...FORGED].entries()) {
      client.write(client.requests([`traced_${i}`], { _meta: { traceparent } }));
    }
    await client.answered(1 + FORGED.length);
    await eventually('all spans are there', () => spans().length === 1 + FORGED.length);
    const shown = await exemplars();
    assert.equal(shown.length, 1 + FORGED.length);
    for (const each of shown) {
      assertIsOf(each, spans());
      const isNamed = each.labels['rpc_method'] === 'traced_0';
      assert.equal(each.exemplar.traceId === TRACE, isNamed, each.labels['rpc_method']);
    }
  });
});
