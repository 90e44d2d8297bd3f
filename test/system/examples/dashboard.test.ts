/** Each query of the dashboard and of the rules, asked of a real Prometheus that scrapes a real agent under load. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  dashboard,
  dashboardQueries,
  filled,
  prometheusExample,
  RULE_FILES,
  readYaml,
  ruleFile,
  rules,
} from '../../examples/queries.js';
import { Cleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import { COLLECTOR_BUILD_TIMEOUT_MS, startCollector } from '../support/collector.js';
import { type Prometheus, startPrometheus } from '../support/prometheus.js';
import { requireTool } from '../support/requirements.js';
import { ProvokedAgent } from './provoked-agent.js';

/** Metrics that are not brought about here; that the agent has them is for test/examples to say. */
const NOT_PROVOKED: readonly string[] = [
  // A client in a container of an engine that the agent does not know.
  'udscope_attribution_unattributed_total',
  // A main thread that is too slow for its spans.
  'udscope_enrich_dropped_spans_total',
];
/** Alerts that do not fire here. */
const SILENT: readonly string[] = [
  'UdscopeClientsUnattributed',
  'UdscopeDown',
  // Without descriptors the agent could not do what the other alerts need.
  'UdscopeOutOfDescriptors',
];

interface Configuration {
  global: Record<string, string>;
  rule_files: string[];
  scrape_configs: { static_configs: { targets: string[] }[] }[];
}

describe('the dashboard and the rules of the examples', function () {
  this.timeout(120_000);
  requireTool('prometheus', 'apt-get install prometheus');
  requireTool('redis-server', 'apt-get install redis-server');
  requireTool('go', 'https://go.dev/dl');
  const cleanup = new Cleanup();
  let prometheus: Prometheus;

  before(async function () {
    this.timeout(COLLECTOR_BUILD_TIMEOUT_MS);
    const collector = await startCollector({ directory: cleanup.directory() });
    cleanup.defer(() => collector.stop());
    const agent = new ProvokedAgent(cleanup);
    await agent.begin(collector.endpoint);
    const directory = cleanup.directory();
    const target = new URL(agent.metricsUrl).host;
    prometheus = await startPrometheus({ target, directory, configuration: impatient(directory, target) });
    cleanup.defer(() => prometheus.stop());
    await prometheus.waitForQuery('count(rate(uds_send_bytes_total[1m]))');
  });
  after(() => cleanup.run());

  /** Waits until queries have data, and names those that have none. */
  async function assertData(
    queries: readonly { readonly name: string; readonly expr: string }[],
  ): Promise<void> {
    let empty: string[] = [];
    const probe = async () => {
      const asked = queries.map(async ({ name, expr }) =>
        (await prometheus.query(expr)).length > 0 ? [] : [name],
      );
      empty = (await Promise.all(asked)).flat();
      return empty.length === 0;
    };
    await waitFor('data', probe, { timeoutMs: 30_000 }).catch(() => assert.deepEqual(empty, []));
  }

  it('show data in every panel', () => {
    const provoked = dashboardQueries().filter(
      ({ expr }) => !NOT_PROVOKED.some((name) => expr.includes(`${name}{`)),
    );
    return assertData(
      provoked.map(({ panel, expr }) => ({ name: `${panel}: ${filled(expr)}`, expr: filled(expr) })),
    );
  });

  it('show data of one pod, where it is chosen', () => {
    const chosen = { namespace: 'shop', container: 'wallet-0', socket: 'rpc', method: 'fail_call' };
    const ofPods = dashboardQueries().filter(({ panel }) =>
      /^(?:Calls by|Errors|Durations|p95|Sent|Received|Methods|Bytes by)/.test(panel),
    );
    assert.ok(ofPods.length > 10);
    return assertData(ofPods.map(({ panel, expr }) => ({ name: panel, expr: filled(expr, chosen) })));
  });

  it('offer values for each variable', async () => {
    for (const { name, definition } of dashboard().templating.list) {
      if (definition === undefined) continue;
      const [, selector = '', label = ''] =
        /^label_values\((.*), (\w+)\)$/.exec(definition) ?? assert.fail(definition);
      assert.notDeepEqual(await prometheus.labelValues(label, filled(selector)), [], name);
    }
  });

  it('name clients, protocols and methods as udscope top does', async () => {
    const samples = await prometheus.query(
      'count by (client, protocol, method) (uds_method_calls_total{uds_socket_name!="odd"})',
    );
    const seen = samples.map(({ labels: { client, protocol, method } }) => `${client} ${protocol} ${method}`);
    for (const expected of [
      'wallet-0 jsonrpc eth_call',
      'node http GET /missing',
      'assistant mcp tools/call search',
    ])
      assert.ok(seen.includes(expected), `${expected} is not among ${seen.join(', ')}`);
    assert.ok(
      seen.some((name) => name.endsWith(' redis SET')),
      seen.join(', '),
    );
  });

  it('record what they say', () =>
    assertData(
      rules().flatMap(({ record }) => (record === undefined ? [] : [{ name: record, expr: record }])),
    ));

  it('fire the alerts, each for its reason', async () => {
    const expected = rules().flatMap(({ alert }) =>
      alert === undefined || SILENT.includes(alert) ? [] : [alert],
    );
    await assertData(
      expected.map((alert) => ({
        name: alert,
        expr: `last_over_time(ALERTS{alertname="${alert}",alertstate="firing"}[10m])`,
      })),
    );
    for (const alert of SILENT) assert.deepEqual(await prometheus.query(`ALERTS{alertname="${alert}"}`), []);
  });
});

/** The example's configuration and rules, which wait for nothing. */
function impatient(directory: string, target: string): Configuration {
  const configuration = readYaml<Configuration>(prometheusExample('prometheus.yml'));
  configuration.global = { scrape_interval: '1s', evaluation_interval: '1s' };
  for (const name of RULE_FILES) {
    const { groups } = ruleFile(name);
    const hasty = groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) => ('for' in rule ? { ...rule, for: '0s' } : rule)),
    }));
    writeFileSync(join(directory, name), stringify({ groups: hasty }));
  }
  for (const { static_configs } of configuration.scrape_configs) {
    assert.deepEqual(static_configs, [{ targets: ['localhost:9464'] }]);
    static_configs.splice(0, 1, { targets: [target] });
  }
  return configuration;
}
