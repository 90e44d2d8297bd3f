import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { loadConfiguration } from '../../src/configuration/load.js';
import { loadSettings } from '../../src/runtime/settings.js';
import { repositoryPath } from '../support/paths.js';

const example = (name: string) => repositoryPath('examples', 'runtime', name);

describe('examples/runtime', () => {
  it('has a configuration of the agent without a mistake', () => {
    const { warnings } = loadConfiguration({ files: [example('agent.yaml')], sets: [], env: {} });
    assert.deepEqual(warnings, []);
  });

  it('has a configuration of the wrapper whose only mistake may be that its runtime is not here', async () => {
    const own = { config: example('runtime.yaml') };
    const { settings, problems } = await loadSettings(own, repositoryPath('bin', 'udscope-runtime'));
    assert.equal(settings.fail, 'open');
    for (const problem of problems) assert.match(problem, /runtime: .*is not there, or cannot be executed/);
  });

  it('has files of others that are well-formed', () => {
    const daemon = JSON.parse(readFileSync(example('daemon.json'), 'utf8'));
    assert.equal(daemon.runtimes.udscope.path, '/usr/bin/udscope-runtime');
    const toml = (name: string) => readFileSync(example(name), 'utf8');
    const plugin = (name: string) =>
      /^\[plugins\."([^"]+)"\.containerd\.runtimes\.udscope\]$/m.exec(toml(name))?.[1];
    assert.match(toml('containerd.toml'), /^version = 3$/m);
    assert.equal(plugin('containerd.toml'), 'io.containerd.cri.v1.runtime');
    assert.match(toml('containerd-1.toml'), /^version = 2$/m);
    assert.equal(plugin('containerd-1.toml'), 'io.containerd.grpc.v1.cri');
    const [, pod] = readFileSync(example('pod.yaml'), 'utf8').split('\n---\n');
    assert.equal(parse(pod ?? '').spec.runtimeClassName, 'udscope');
  });
});
