/** The manifests of examples/, read by the programs that they are written for. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { readYaml } from '../../examples/queries.js';
import { Cleanup } from '../../support/cleanup.js';
import { repositoryPath } from '../../support/paths.js';
import { builtTool } from '../support/built-tool.js';
import { buildCollector, COLLECTOR_BUILD_TIMEOUT_MS } from '../support/collector.js';
import { requireTool } from '../support/requirements.js';
import { client } from '../transparency/real-program.js';

const INSTALL_TIMEOUT_MS = 5 * 60_000;
const KUBERNETES = repositoryPath('examples', 'kubernetes');

/** Components of the Collector that the one of the tests lacks, because the module proxy does. */
const MISSING = /^(?:k8sattributes|tail_sampling|loadbalancing)(?:\/|$)/;

interface CollectorConfig {
  processors: Record<string, unknown>;
  exporters: Record<string, unknown>;
  service: { pipelines: Record<string, { processors: string[]; exporters: string[] }> };
}

describe('the manifests of the examples', function () {
  this.timeout(60_000);
  requireTool('go', 'https://go.dev/dl');
  requireTool('promtool', 'apt-get install prometheus');
  const cleanup = new Cleanup();
  let manifests: (what: string, path: string) => Promise<string>;
  let python: string;
  let collector: string;

  before(async function () {
    this.timeout(2 * COLLECTOR_BUILD_TIMEOUT_MS + INSTALL_TIMEOUT_MS);
    const reader = await builtTool('manifests/build.sh');
    manifests = (what, path) => client(reader, [what, path]);
    python = await builtTool('python/install.sh');
    collector = await buildCollector();
  });
  after(() => cleanup.run());

  /** A file with this text. */
  function fileOf(text: string): string {
    const path = join(cleanup.directory(), 'file.yaml');
    writeFileSync(path, text);
    return path;
  }

  const assertKubernetes = (...files: string[]) =>
    client(join(python, 'kubernetes-validate'), ['--strict', '--quiet', ...files]);

  it('are what Kustomize and the schemas of Kubernetes take', async () => {
    const built = await manifests('kustomize', KUBERNETES);
    const kinds = parseAllDocuments(built).map((document) => document.get('kind'));
    assert.ok(kinds.includes('DaemonSet') && kinds.includes('StatefulSet'), kinds.join(', '));
    const pods = ['annotated', 'shared-socket'].map((name) => join(KUBERNETES, 'pods', `${name}.yaml`));
    await assertKubernetes(fileOf(built), ...pods, repositoryPath('examples/runtime/pod.yaml'));
  });

  it('are refused where they have a mistake', async () => {
    const built = await manifests('kustomize', KUBERNETES);
    for (const [right, wrong] of [
      ['hostPID', 'hostPid'],
      ['runAsUser: 0', 'runAsUser: root'],
    ] as const) {
      assert.ok(built.includes(right));
      await assert.rejects(assertKubernetes(fileOf(built.replace(right, wrong))));
    }
  });

  it('have a PodMonitor as the operator knows it', async () => {
    const built = await manifests('kustomize', join(KUBERNETES, 'monitoring'));
    await manifests('pod-monitor', fileOf(built));
    await assert.rejects(
      manifests('pod-monitor', fileOf(built.replace('metricRelabelings', 'metricRelabellings'))),
    );
  });

  it('are a project of Compose', async () => {
    const built = await manifests('compose', repositoryPath('examples/docker/compose.yaml'));
    assert.match(built, /^name: udscope$/m);
  });

  it('have configurations of the Collector that it takes', async () => {
    const validate = (path: string) =>
      client(collector, ['validate', `--config=file:${path}`], { BACKEND: 'http://localhost:4318' });
    await validate(repositoryPath('examples/docker/collector.yaml'));
    for (const name of ['gateway', 'collector'])
      await validate(
        fileOf(stringify(withoutMissing(readYaml(join(KUBERNETES, 'gateway', `${name}-config.yaml`))))),
      );
  });

  it('have rules and a configuration that Prometheus takes, and rules that do what their tests say', async () => {
    const example = (name: string) => repositoryPath('examples', 'prometheus', name);
    await client('promtool', ['check', 'config', example('prometheus.yml')]);
    await client('promtool', ['check', 'rules', example('recording-rules.yml'), example('alert-rules.yml')]);
    await client('promtool', ['test', 'rules', example('rules.test.yml')]);
  });
});

/** A configuration with only what the Collector of the tests has: exporters that choose a Collector send to one. */
function withoutMissing({ processors, exporters, service, ...rest }: CollectorConfig): unknown {
  const isThere = (name: string) => !MISSING.test(name);
  const kept = (all: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isThere(name)));
  const pipelines = Object.entries(service.pipelines).map(([name, pipeline]) => [
    name,
    {
      ...pipeline,
      processors: pipeline.processors.filter(isThere),
      exporters: pipeline.exporters.map((exporter) => (isThere(exporter) ? exporter : 'otlp')),
    },
  ]);
  return {
    ...rest,
    processors: kept(processors),
    exporters: { ...kept(exporters), otlp: { endpoint: 'localhost:4317', tls: { insecure: true } } },
    service: { ...service, pipelines: Object.fromEntries(pipelines) },
  };
}
