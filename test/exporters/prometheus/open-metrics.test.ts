import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { SeriesTable } from '../../../src/telemetry/series-table.js';
import { CALLS_GROUP, callsRow } from '../../telemetry/support/calls-group.js';
import { Agent } from '../support/exporter-fixture.js';
import { usePrometheusExporter } from './fixture.js';

const OPEN_METRICS = { accept: 'application/openmetrics-text;version=1.0.0' };
const UTF_8 = { accept: 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8' };
const TRACE_ID = 'ab'.repeat(16);
const SPAN_ID = 'cd'.repeat(8);

/** Where the durations of the calls group begin. */
const SECOND_BUCKET = 2;

describe('the page in OpenMetrics', () => {
  const start = usePrometheusExporter();
  let agent: Agent;

  beforeEach(() => {
    agent = new Agent({ resource: { 'service.name': 'udscope' } });
  });

  const showHistogram = () => {
    const table = new SeriesTable(CALLS_GROUP, { maxSeries: 10, lingerMs: 0, now: () => 1_500_000_000_250 });
    const handle = table.open({ 'rpc.method': 'a"b' });
    handle.attach([callsRow(0.0625, 2)]);
    agent.context.source.tables = [table];
    return handle;
  };

  it('has families of counters with _total and _created, metadata without, and an end', async () => {
    agent.relay('geth').send(5);
    const { scrape } = await start(agent);
    const { headers, body } = await scrape({ headers: OPEN_METRICS });
    const page = body.toString();
    assert.match(
      headers['content-type'] ?? '',
      /^application\/openmetrics-text; version=1\.0\.0; charset=utf-8; escaping=underscores$/,
    );
    assert.match(
      page,
      /^# HELP target Target metadata\n# TYPE target info\ntarget_info\{service_name="udscope"\} 1\n/,
    );
    assert.match(
      page,
      /\n# HELP uds_send_bytes Bytes sent by the container to the upstream\.\n# UNIT uds_send_bytes bytes\n# TYPE uds_send_bytes counter\nuds_send_bytes_total\{uds_socket_name="geth"\} 5\nuds_send_bytes_created\{uds_socket_name="geth"\} \d+(?:\.\d{1,3})?\n/,
    );
    assert.match(page, /\n# TYPE uds_connections_active gauge\nuds_connections_active\{[^}]*\} 0\n#/);
    assert.ok(page.endsWith('\n# EOF\n') && !page.includes('\n\n'));
  });

  it('ends as it should when it is empty or compressed', async () => {
    const { scrape } = await start(agent);
    assert.match(
      (await scrape({ headers: OPEN_METRICS })).body.toString(),
      /target_info\{[^}]*\} 1\n# EOF\n$/,
    );
    const zipped = await scrape({ headers: { ...OPEN_METRICS, 'accept-encoding': 'gzip' } });
    assert.match(gunzipSync(zipped.body).toString(), /\n# EOF\n$/);
  });

  it('shows the exemplar of a bucket, and since when the histogram counts', async () => {
    const { series } = showHistogram();
    const { scrape } = await start(agent);
    series.keepExemplar(SECOND_BUCKET, {
      value: 0.0625,
      timeMs: 1_600_000_000_123.9,
      traceId: TRACE_ID,
      spanId: SPAN_ID,
    });
    const page = (await scrape({ headers: OPEN_METRICS })).body.toString();
    const lines = page.split('\n').filter((line) => line.startsWith('call_duration_seconds'));
    // Another test of the process may have set the clock back, which moves what is shown of starts.
    assert.match(
      lines.pop() ?? '',
      /^call_duration_seconds_created\{rpc_method="a\\"b"\} 1\d{9}(?:\.\d{1,3})?$/,
    );
    const labels = 'rpc_method="a\\"b"';
    assert.deepEqual(lines, [
      `call_duration_seconds_count{${labels}} 2`,
      `call_duration_seconds_sum{${labels}} 2.0625`,
      `call_duration_seconds_bucket{${labels},le="0.01"} 0`,
      `call_duration_seconds_bucket{${labels},le="0.1"} 1 # {trace_id="${TRACE_ID}",span_id="${SPAN_ID}"} 0.0625 1600000000.123`,
      `call_duration_seconds_bucket{${labels},le="1.0"} 1`,
      `call_duration_seconds_bucket{${labels},le="+Inf"} 2`,
    ]);
    const plain = (await scrape()).body.toString();
    assert.ok(!plain.includes(TRACE_ID) && !plain.includes('_created'), 'the text format has neither');
  });

  it('names metrics and labels as OpenTelemetry does where both ends want it', async () => {
    showHistogram();
    const { scrape } = await start(agent, { translation_strategy: 'NoTranslation' });
    const page = (await scrape({ headers: UTF_8 })).body.toString();
    assert.match(page, /^target_info\{"service\.name"="udscope"\} 1$/m);
    assert.match(page, /^# TYPE "call\.duration" histogram$/m);
    assert.match(page, /^\{"call\.duration_bucket","rpc\.method"="a\\"b",le="0\.1"\} 1$/m);
    assert.match(page, /^\{"call\.duration_count","rpc\.method"="a\\"b"\} 2$/m);
    const escaped = (await scrape({ headers: OPEN_METRICS })).body.toString();
    assert.match(escaped, /^call_duration_bucket\{rpc_method="a\\"b",le="0\.1"\} 1$/m);
  });

  it('calls a counter without the suffix unknown, as the format wants it', async () => {
    agent.relay('geth').send(5);
    const { scrape } = await start(agent, { translation_strategy: 'UnderscoreEscapingWithoutSuffixes' });
    const page = (await scrape({ headers: OPEN_METRICS })).body.toString();
    assert.match(page, /\n# TYPE uds_send_bytes unknown\nuds_send_bytes\{uds_socket_name="geth"\} 5\n#/);
    const plain = (await scrape()).body.toString();
    assert.match(plain, /\n# TYPE uds_send_bytes counter\nuds_send_bytes\{uds_socket_name="geth"\} 5\n/);
  });

  it('is announced to HEAD as GET has it', async () => {
    const { scrape } = await start(agent);
    for (const headers of [{}, OPEN_METRICS, { ...UTF_8, 'accept-encoding': 'gzip' }]) {
      const [get, head] = [await scrape({ headers }), await scrape({ headers, method: 'HEAD' })];
      for (const name of ['content-type', 'content-encoding', 'vary']) {
        assert.equal(head.headers[name], get.headers[name], name);
      }
      assert.equal(head.body.length, 0);
    }
  });
});
