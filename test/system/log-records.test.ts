import assert from 'node:assert/strict';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { FAILURE_CODE, LineService } from '../support/line-service.js';
import { repeat } from '../support/repeat.js';
import { buildCollector, COLLECTOR_BUILD_TIMEOUT_MS, startCollector } from './support/collector.js';
import { requireTool } from './support/requirements.js';

/** Of opentelemetry/proto/logs/v1/logs.proto. */
const INFO = 9;
const ERROR = 17;

const CALLS = 1000;

describe('log records at an OpenTelemetry Collector', () => {
  requireTool('go', 'https://go.dev/dl');
  const cleanup = useCleanup();

  before(async function () {
    this.timeout(COLLECTOR_BUILD_TIMEOUT_MS);
    await buildCollector();
  });

  for (const [encoding, http] of [
    ['proto', 'tcp'],
    ['json', 'unix'],
  ] as const) {
    it(`are one for each call, beside a span for each, as ${encoding} over ${http}`, async () => {
      const collector = await startCollector({ http, directory: cleanup.directory() });
      cleanup.defer(() => collector.stop());
      const agent = await new CapturingAgent(cleanup).start({
        otlphttp: { endpoint: collector.endpoint, encoding },
        pushesLogs: true,
      });
      await LineService.listen(cleanup, agent.upstream);
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call(...repeat(CALLS, (i) => (i % 10 === 0 ? 'fail_call' : 'eth_call')));
      const refused = `fail_call ${FAILURE_CODE}`;
      await agent.assertCalls({ eth_call: CALLS * 0.9, [refused]: CALLS * 0.1 });
      await client.close();
      assert.equal((await agent.process.stop()).code, 0);
      await collector.stop();
      const records = collector.receivedLogRecords();
      assert.equal(records.length, CALLS);
      // The client numbers its calls: each has one record, and no other.
      const ids = records.map(({ attributes }) => Number(attributes['jsonrpc.request.id']));
      assert.deepEqual(
        ids.sort((a, b) => a - b),
        repeat(CALLS, (i) => i + 1),
      );
      const spans = new Map(collector.receivedSpans().map((span) => [span.spanId, span]));
      assert.equal(spans.size, CALLS);
      for (const { spanId, traceId, timeUnixNano, attributes, ...record } of records) {
        const span = spans.get(spanId);
        assert.ok(span, `no span ${spanId}`);
        assert.deepEqual([traceId, timeUnixNano], [span.traceId, span.endTimeUnixNano]);
        assert.equal(attributes['rpc.method'], span.name);
        assert.equal(attributes['jsonrpc.request.id'], span.attributes['jsonrpc.request.id']);
        assert.deepEqual([record.eventName, record.scope], ['udscope.call', 'udscope']);
        assert.equal(record.resource['service.name'], 'udscope');
        assert.equal(record.severityNumber, span.name === 'fail_call' ? ERROR : INFO);
      }
    });
  }

  it('are one for each call where no call has a span', async () => {
    const collector = await startCollector({ directory: cleanup.directory() });
    cleanup.defer(() => collector.stop());
    const agent = await new CapturingAgent(cleanup).start({
      otlphttp: { endpoint: collector.endpoint },
      pushesLogs: true,
      enrich: { span_ratio: 0 },
    });
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call(...repeat(CALLS, () => 'eth_call'));
    await client.close();
    assert.equal((await agent.process.stop()).code, 0);
    await collector.stop();
    const records = collector.receivedLogRecords();
    assert.equal(records.length, CALLS);
    assert.ok(records.every(({ spanId, body }) => spanId === '' && body === 'eth_call'));
    assert.deepEqual(collector.receivedSpans(), []);
  });
});
