/** What examples/ and the documents beside them say of each other, and of the agent. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfiguration } from '../../src/configuration/load.js';
import {
  ATTEMPT_INSTRUMENTS,
  COLLECTION_INSTRUMENTS,
  METRIC_EXPORT_INSTRUMENTS,
  OPERATION_INSTRUMENTS,
  SPAN_EXPORT_INSTRUMENTS,
  SPAN_PROCESSOR_INSTRUMENTS,
} from '../../src/exporters/health-instruments.js';
import { metricName } from '../../src/exporters/prometheus/translation.js';
import { UNMONITORED_INSTRUMENTS } from '../../src/extensions/control/unmonitored/instruments.js';
import { ATTRIBUTION_INSTRUMENTS } from '../../src/identity/instruments.js';
import {
  CALL_INSTRUMENTS,
  ENRICH_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
  RING_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { RELAY_THREAD_INSTRUMENTS, UDS_INSTRUMENTS } from '../../src/receivers/uds/instruments.js';
import { LOG_INSTRUMENTS } from '../../src/service/log/instruments.js';
import { repositoryPath } from '../support/paths.js';
import {
  dashboard,
  dashboardQueries,
  metricsIn,
  prometheusExample,
  readYaml,
  ruleFile,
  rules,
} from './queries.js';

/** Metrics under the names that Prometheus sees, those of histograms with their parts. */
const METRICS: readonly string[] = [
  ATTEMPT_INSTRUMENTS,
  ATTRIBUTION_INSTRUMENTS,
  CALL_INSTRUMENTS,
  COLLECTION_INSTRUMENTS,
  ENRICH_INSTRUMENTS,
  LOG_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
  METRIC_EXPORT_INSTRUMENTS,
  OPERATION_INSTRUMENTS,
  RELAY_THREAD_INSTRUMENTS,
  RING_INSTRUMENTS,
  SPAN_EXPORT_INSTRUMENTS,
  SPAN_PROCESSOR_INSTRUMENTS,
  UDS_INSTRUMENTS,
  UNMONITORED_INSTRUMENTS,
].flatMap(({ instruments }) =>
  instruments.flatMap((instrument) => {
    const { kind } = instrument;
    const type = kind === 'up_down_counter' ? 'gauge' : kind;
    const name =
      metricName(instrument, type, 'UnderscoreEscapingWithSuffixes') ?? assert.fail(instrument.name);
    return kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
  }),
);

const CAPABILITIES = (text: string) => [...text.matchAll(/\bCAP_(\w+)/g)].map(([, name = '']) => name);
const read = (...path: string[]) => readFileSync(repositoryPath(...path), 'utf8');

interface Container {
  readonly image: string;
  readonly securityContext: { readonly capabilities: { readonly drop: string[]; readonly add?: string[] } };
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
}

describe('the examples for production', () => {
  it('query only metrics that the agent has', () => {
    const queries = [
      ...dashboardQueries(),
      ...rules().map(({ expr, record, alert }) => ({ panel: record ?? alert ?? '', expr })),
    ];
    assert.ok(queries.length > 60);
    for (const { panel, expr } of queries) {
      const unknown = metricsIn(expr, METRICS).filter((name) => !METRICS.includes(name));
      assert.deepEqual(unknown, [], panel);
    }
  });

  it('would tell of a metric that the agent does not have', () => {
    assert.deepEqual(metricsIn('sum by (rpc_method) (rate(uds_sent_bytes_total[1m]))', METRICS), [
      'uds_sent_bytes_total',
    ]);
    assert.deepEqual(metricsIn('{__name__=~"rpc_.+_seconds_bucket_"}', METRICS), ['rpc_.+_seconds_bucket_']);
  });

  it('have a dashboard whose panels say what they show and do not overlap', () => {
    const { panels } = dashboard();
    const places = new Set<string>();
    for (const { title, type, description = '', gridPos } of panels) {
      if (type !== 'row') assert.match(description, /\.$/, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(x < 24 && !places.has(`${x} ${y}`), title);
          places.add(`${x} ${y}`);
        }
      }
    }
  });

  it('have a section in docs/alerts.md for each alert, in their order', () => {
    const alerts = ruleFile('alert-rules.yml').groups.flatMap((group) => group.rules);
    const sections = [...read('docs', 'alerts.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(
      alerts.map(({ alert }) => alert),
      sections,
    );
    for (const { alert, annotations } of alerts)
      assert.equal(annotations?.['runbook'], `docs/alerts.md#${alert?.toLowerCase()}`);
  });

  it('have the operator relabel as Prometheus itself does', () => {
    type Relabeling = Readonly<Record<string, unknown>>;
    const {
      scrape_configs: [job],
    } = readYaml<{ scrape_configs: { metric_relabel_configs: Relabeling[] }[] }>(
      prometheusExample('prometheus.yml'),
    );
    const { spec } = readYaml<{ spec: { podMetricsEndpoints: { metricRelabelings: Relabeling[] }[] } }>(
      repositoryPath('examples/kubernetes/monitoring/pod-monitor.yaml'),
    );
    const renamed = job?.metric_relabel_configs.map(
      ({ source_labels: sourceLabels, target_label: targetLabel, ...rest }) => ({
        sourceLabels,
        targetLabel,
        ...rest,
      }),
    );
    assert.deepEqual(spec.podMetricsEndpoints[0]?.metricRelabelings, renamed);
  });

  for (const file of ['docker/udscope/otel-config.yaml', 'kubernetes/agent/otel-config.yaml']) {
    it(`have a configuration without a mistake: ${file}`, () => {
      const { warnings } = loadConfiguration({
        files: [repositoryPath('examples', file)],
        sets: [],
        env: {},
      });
      assert.deepEqual(warnings, []);
    });
  }

  it('give the agent the capabilities of the unit, and the one that takes the place of its LimitNICE', () => {
    const unit =
      /^CapabilityBoundingSet=(.*)$/m.exec(read('examples', 'systemd', 'udscope.service'))?.[1] ?? '';
    const expected = [...CAPABILITIES(unit), 'SYS_NICE'];
    assert.deepEqual(parse(read('examples/docker/compose.yaml')).services.udscope.cap_add, expected);
    assert.deepEqual(agent().containers[0]?.securityContext.capabilities, { drop: ['ALL'], add: expected });
  });

  it('let no other container reach more of the agent than one relay socket', () => {
    const services: Record<string, { volumes?: string[] }> = parse(
      read('examples/docker/compose.yaml'),
    ).services;
    for (const [name, { volumes = [] }] of Object.entries(services)) {
      if (name !== 'udscope')
        for (const volume of volumes)
          assert.doesNotMatch(volume, /^(?:\/$|\/run|\/var|.*docker\.sock)/, name);
    }
    for (const name of ['annotated', 'shared-socket']) {
      const { spec } = readYaml<{ spec: PodSpec }>(
        repositoryPath('examples/kubernetes/pods', `${name}.yaml`),
      );
      for (const { hostPath } of spec.volumes)
        assert.match(hostPath?.path ?? '', /^(?:\/run\/udscope\/sockets\/\w+|\/var\/lib\/geth\/geth\.ipc)$/);
      for (const { volumeMounts } of spec.containers)
        for (const { readOnly } of volumeMounts) assert.equal(readOnly, true);
    }
    // What the agent itself may write to is its own directory.
    const writable = agent().containers[0]?.volumeMounts.filter(({ readOnly }) => readOnly !== true);
    assert.deepEqual(writable, [{ name: 'udscope', mountPath: '/run/udscope' }]);
  });

  it('name every image by an exact version', () => {
    const compose: Record<string, { image: string }> = parse(read('examples/docker/compose.yaml')).services;
    const images = Object.entries(compose).flatMap(([name, { image }]) =>
      name === 'udscope' ? [] : [image],
    );
    for (const image of [...images, /^ARG NODE_IMAGE=(.*)$/m.exec(read('Dockerfile'))?.[1] ?? ''])
      assert.match(image, /^[\w./-]+:v?\d+\.\d+\.\d+/);
    const [, newest] = /^ARG NODE_IMAGE=node:(\d+)\./m.exec(read('Dockerfile')) ?? [];
    assert.ok(Number(newest) % 2 === 0, 'only even versions of Node.js have long-term support');
  });
});

function agent(): PodSpec {
  const documents = parseAllDocuments(read('examples/kubernetes/agent/daemon-set.yaml')).map((document) =>
    document.toJS(),
  );
  return documents.find(({ kind }) => kind === 'DaemonSet').spec.template.spec;
}
