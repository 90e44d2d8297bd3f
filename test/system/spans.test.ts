import assert from 'node:assert/strict';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { FAILURE_CODE, LineService } from '../support/line-service.js';
import { repeat } from '../support/repeat.js';
import {
  buildCollector,
  COLLECTOR_BUILD_TIMEOUT_MS,
  type Collector,
  startCollector,
} from './support/collector.js';
import { requireTool } from './support/requirements.js';

/** Of opentelemetry/proto/trace/v1/trace.proto. */
const SERVER = 2;
const ERROR = 2;

const CALLS = 1000;

describe('spans at an OpenTelemetry Collector', () => {
  requireTool('go', 'https://go.dev/dl');
  const cleanup = useCleanup();

  before(async function () {
    this.timeout(COLLECTOR_BUILD_TIMEOUT_MS);
    await buildCollector();
  });

  async function startReceiver(http: 'tcp' | 'unix'): Promise<Collector> {
    const collector = await startCollector({ http, directory: cleanup.directory() });
    cleanup.defer(() => collector.stop());
    return collector;
  }

  async function startAgent(otlphttp: object): Promise<{ agent: CapturingAgent; client: LineClient }> {
    const agent = await new CapturingAgent(cleanup).start({ otlphttp });
    await LineService.listen(cleanup, agent.upstream);
    return { agent, client: await LineClient.connect(cleanup, agent.listen) };
  }

  for (const http of ['tcp', 'unix'] as const) {
    for (const encoding of ['proto', 'json'] as const) {
      it(`are as many as calls, as ${encoding} over ${http}`, async () => {
        const collector = await startReceiver(http);
        const { agent, client } = await startAgent({ endpoint: collector.endpoint, encoding });
        await client.call(...repeat(CALLS, (i) => (i % 10 === 0 ? 'fail_call' : 'eth_call')));
        const refused = `fail_call ${FAILURE_CODE}`;
        await agent.assertCalls({ eth_call: CALLS * 0.9, [refused]: CALLS * 0.1 });
        await collector.waitForSpans(CALLS);
        await client.close();
        assert.equal((await agent.process.stop()).code, 0);
        await collector.stop();
        const spans = collector.receivedSpans();
        assert.equal(spans.length, CALLS);
        assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, CALLS);
        const failed = spans.filter(({ status }) => status.code === ERROR);
        assert.equal(failed.length, CALLS * 0.1);
        for (const span of spans) {
          assert.equal(span.kind, SERVER);
          assert.equal(span.name, span.attributes['rpc.method']);
          assert.equal(span.scope, 'udscope');
          assert.equal(span.resource['service.name'], 'udscope');
          assert.ok(span.startTimeUnixNano <= span.endTimeUnixNano);
        }
        for (const { name, status, attributes } of failed) {
          assert.deepEqual([name, status.message], ['fail_call', 'fail_call cannot be']);
          assert.equal(attributes['rpc.status_code'], String(FAILURE_CODE));
        }
      });
    }
  }

  it('are kept while it is away', async () => {
    const collector = await startReceiver('tcp');
    const { agent, client } = await startAgent({
      endpoint: collector.endpoint,
      timeout: '1s',
      retry_on_failure: { initial_interval: '50ms', max_interval: '100ms' },
    });
    await client.call('early');
    await collector.waitForSpans(1);
    await collector.stop();
    await client.call(...repeat(CALLS, () => 'meanwhile'));
    await agent.process.waitForOutput('cannot export spans');
    await collector.start();
    await client.call('late');
    const spans = await collector.waitForSpans(CALLS + 2);
    assert.equal(spans.length, CALLS + 2);
    assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, CALLS + 2);
  });
});
