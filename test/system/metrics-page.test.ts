import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CapturingAgent } from '../support/capturing-agent.js';
import { Cleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { FAILURE_CODE, LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';
import { repeat } from '../support/repeat.js';
import { builtTool } from './support/built-tool.js';
import {
  buildCollector,
  COLLECTOR_BUILD_TIMEOUT_MS,
  type Collector,
  startCollector,
} from './support/collector.js';
import { startPrometheus } from './support/prometheus.js';
import { findTool, requireTool } from './support/requirements.js';

const INSTALL_TIMEOUT_MS = 5 * 60_000;
const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0';
const READER = fileURLToPath(new URL('../../../test/system/python/read_openmetrics.py', import.meta.url));

const CALLS = 20;

interface OpenMetricsPage {
  readonly families: Readonly<Record<string, { type: string; unit: string; samples: number }>>;
  readonly exemplars: readonly { name: string; value: number; trace_id: string; span_id: string }[];
}

describe('the metrics page', () => {
  requireTool('prometheus', 'apt-get install prometheus');
  requireTool('promtool', 'apt-get install prometheus');
  requireTool('go', 'https://go.dev/dl');
  const cleanup = new Cleanup();
  let python: string;
  let collector: Collector;
  let agent: CapturingAgent;

  before(async function () {
    this.timeout(COLLECTOR_BUILD_TIMEOUT_MS + INSTALL_TIMEOUT_MS);
    await buildCollector();
    python = join(await builtTool('python/install.sh'), 'python');
  });

  beforeEach(async () => {
    collector = await startCollector({ http: 'tcp', directory: cleanup.directory() });
    cleanup.defer(() => collector.stop());
    agent = await new CapturingAgent(cleanup).start({ otlphttp: { endpoint: collector.endpoint } });
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call(...repeat(CALLS, (i) => (i % 4 === 0 ? 'fail_call' : 'eth_call')));
    await agent.assertCalls({ eth_call: CALLS * 0.75, [`fail_call ${FAILURE_CODE}`]: CALLS * 0.25 });
    await collector.waitForSpans(CALLS);
  });
  afterEach(() => cleanup.run());

  /** The ids of the spans that the Collector has received, by their traces. */
  const spans = () => new Map(collector.receivedSpans().map(({ traceId, spanId }) => [traceId, spanId]));

  it('is clean for promtool', async () => {
    const tool = findTool('promtool') ?? 'promtool';
    const { status, stdout, stderr } = spawnSync(tool, ['check', 'metrics'], { input: await agent.page() });
    assert.deepEqual([status, String(stdout), String(stderr)], [0, '', '']);
  });

  it('is OpenMetrics for the strict reader of the Python library, exemplars and all', async () => {
    const { status, stdout, stderr } = spawnSync(python, [READER], { input: await agent.page(OPEN_METRICS) });
    assert.equal(status, 0, String(stderr));
    const { families, exemplars } = JSON.parse(String(stdout)) as OpenMetricsPage;
    assert.deepEqual(families['uds_send_bytes']?.type, 'counter');
    assert.deepEqual(families['rpc_server_call_duration_seconds']?.unit, 'seconds');
    assert.deepEqual(families['target']?.type, 'info');
    const known = spans();
    assert.ok(exemplars.length > 0);
    for (const { name, trace_id, span_id } of exemplars) {
      assert.equal(name, 'rpc_server_call_duration_seconds_bucket');
      assert.equal(known.get(trace_id), span_id);
    }
  });

  it('is scraped by Prometheus as OpenMetrics, under suffixed names, with exemplars of real spans', async () => {
    const prometheus = await startPrometheus({
      target: new URL(agent.metricsUrl).host,
      directory: cleanup.directory(),
      features: ['exemplar-storage'],
    });
    cleanup.defer(() => prometheus.stop());
    const counts = await prometheus.waitForQuery(
      'sum by (rpc_method) (rpc_server_call_duration_seconds_count)',
    );
    assert.deepEqual(Object.fromEntries(counts.map(({ labels, value }) => [labels['rpc_method'], value])), {
      eth_call: CALLS * 0.75,
      fail_call: CALLS * 0.25,
    });
    const [created] = await prometheus.query('min(uds_send_bytes_created)');
    assert.ok(created !== undefined && Math.abs(Date.now() / 1000 - created.value) < 300);
    const found = await waitFor('exemplars to be kept', async () => {
      const exemplars = await prometheus.exemplars('rpc_server_call_duration_seconds_bucket');
      return exemplars.length > 0 && exemplars;
    });
    const known = spans();
    for (const { labels } of found) assert.equal(known.get(labels['trace_id'] ?? ''), labels['span_id']);
  });
});
