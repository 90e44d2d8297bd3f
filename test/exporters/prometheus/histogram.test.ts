import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { SeriesTable } from '../../../src/telemetry/series-table.js';
import type { Family } from '../../support/prometheus-text.js';
import { CALLS_GROUP, callsRow, recordFailure } from '../../telemetry/support/calls-group.js';
import { Agent } from '../support/exporter-fixture.js';
import { usePrometheusExporter } from './fixture.js';

describe('what the prometheus exporter shows of histograms', () => {
  const start = usePrometheusExporter();
  let agent: Agent;
  let table: SeriesTable;

  beforeEach(() => {
    agent = new Agent({ resource: { 'service.name': 'udscope', le: 'of the agent' } });
    table = new SeriesTable(CALLS_GROUP, { maxSeries: 2, lingerMs: 0 });
    agent.context.source.tables = [table];
  });

  const open = (attributes: Attributes, ...seconds: readonly number[]) => {
    const row = callsRow(...seconds);
    table.open(attributes).attach([row]);
    return row;
  };

  const samples = (families: Map<string, Family>) => families.get('call_duration_seconds')?.samples ?? [];

  /** Lines of a series by their suffix, buckets by their bound. */
  const linesOf = (families: Map<string, Family>, matches: (labels: Record<string, string>) => boolean) =>
    samples(families)
      .filter(({ labels }) => matches(labels))
      .map(({ suffix, labels, value }) => [labels['le'] ?? suffix, value]);

  it('is a family with help, unit and type, of cumulative buckets, sum and count', async () => {
    open({ 'rpc.method': 'eth_call' }, 0.01, 0.0625, 0.5, 2);
    const { families, scrape } = await start(agent);
    const page = (await scrape()).body.toString();
    assert.match(page, /^call_duration_seconds_bucket\{rpc_method="eth_call",le="0\.01"\} 1$/m);
    assert.match(page, /^call_duration_seconds_bucket\{rpc_method="eth_call",le="\+Inf"\} 4$/m);
    const family = (await families()).get('call_duration_seconds');
    assert.deepEqual(
      [family?.help, family?.unit, family?.type],
      ['Duration of calls.', 'seconds', 'histogram'],
    );
    const [count, sum, ...buckets] = linesOf(await families(), () => true);
    assert.deepEqual(count, ['_count', 4]);
    assert.ok(sum[0] === '_sum' && Math.abs(Number(sum[1]) - 2.5725) < 1e-6);
    assert.deepEqual(buckets, [
      ['0.01', 1],
      ['0.1', 2],
      ['1', 3],
      ['+Inf', 4],
    ]);
  });

  it('keeps series apart, with all that is above the limit in one', async () => {
    recordFailure(open({ socket: 'a' }, 0.5), 0.25);
    open({ socket: 'b' }, 0.5, 0.5);
    for (const socket of ['c', 'd', 'e']) open({ socket }, 4);
    const { families } = await start(agent);
    const page = await families();
    const counts = samples(page).filter(({ suffix }) => suffix === '_count');
    assert.deepEqual(
      counts.map(({ labels, value }) => [labels, value]),
      [
        [{ socket: 'a' }, 1],
        [{ socket: 'a', error_type: 'timeout' }, 1],
        [{ socket: 'b' }, 2],
        [{ otel_metric_overflow: 'true' }, 3],
      ],
    );
    assert.deepEqual(linesOf(page, (labels) => labels['otel_metric_overflow'] === 'true').at(1), [
      '_sum',
      12,
    ]);
  });

  it('gives the label le to buckets only, whatever else is named so', async () => {
    open({ le: 'of a container', socket: 'a' }, 0.5);
    open({ socket: 'b' }, 0.5);
    const { families } = await start(agent, { resource_constant_labels: /^le$/ });
    const counts = samples(await families()).filter(({ suffix }) => suffix === '_count');
    assert.deepEqual(
      counts.map(({ labels }) => labels),
      [
        { exported_le: 'of a container', socket: 'a' },
        { exported_le: 'of the agent', socket: 'b' },
      ],
    );
  });
});
