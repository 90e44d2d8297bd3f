import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { TellingAgent } from '../../support/telling-agent.js';
import { requireTool } from '../support/requirements.js';
import { statusCounts } from './grpc-counts.js';
import { GreeterClient } from './grpc-greeter.js';

const run = promisify(execFile);
const START_MS = 30_000;

describe('containerd', () => {
  const cleanup = new Cleanup();
  requireTool('containerd', 'apt-get install containerd');
  afterEach(() => cleanup.run());

  it('is told as ctr and a client of the CRI know it', async () => {
    const agent = await new TellingAgent(cleanup).start({});
    const directory = cleanup.directory();
    const configuration = join(directory, 'config.toml');
    writeFileSync(configuration, configurationOf(directory, agent.upstream));
    const server = await startProcess({ command: 'containerd', args: ['--config', configuration] });
    cleanup.defer(() => server.kill());
    await waitFor('containerd to listen', () => isListening(agent.upstream), {
      process: server,
      timeoutMs: START_MS,
    });
    const ctr = (...args: string[]) => run('ctr', ['--address', agent.listen, ...args]);
    for (let i = 0; i < 3; i++) {
      await ctr('version');
      await ctr('namespaces', 'create', `udscope-${i}`);
      await ctr('namespaces', 'list');
      await ctr('images', 'list');
      await assert.rejects(ctr('namespaces', 'create', `udscope-${i}`));
    }
    const client = new GreeterClient(agent.listen);
    cleanup.defer(() => client.close());
    for (let i = 0; i < 10; i++) {
      await client.call('/runtime.v1.RuntimeService/Version');
      await client.call('/runtime.v1.RuntimeService/ListContainers');
    }
    const expected = {
      'containerd.services.images.v1.Images/List OK': 3,
      // With its own calls: who the server is, and the labels of each namespace there is.
      'containerd.services.introspection.v1.Introspection/Server OK': 3,
      'containerd.services.namespaces.v1.Namespaces/Get OK': 1 + 2 + 3,
      'containerd.services.namespaces.v1.Namespaces/Create ALREADY_EXISTS': 3,
      'containerd.services.namespaces.v1.Namespaces/Create OK': 3,
      'containerd.services.namespaces.v1.Namespaces/List OK': 3,
      'containerd.services.version.v1.Version/Version OK': 3,
      ...client.counts,
    };
    const total = Object.values(expected).reduce((sum, count) => sum + count, 0);
    const told = async () => Object.values(await statusCounts(agent)).reduce((sum, count) => sum + count, 0);
    await waitFor('all calls to be told', async () => (await told()) >= total, { timeoutMs: 8000 }).catch(
      () => {},
    );
    assert.deepEqual(await statusCounts(agent), sorted(expected));
    assert.deepEqual(await agent.doubts(), {});
  });
});

function configurationOf(directory: string, path: string): string {
  return [
    'version = 2',
    `root = "${directory}/root"`,
    `state = "${directory}/state"`,
    '[grpc]',
    `address = "${path}"`,
    '[ttrpc]',
    `address = "${directory}/ttrpc.sock"`,
    '[plugins."io.containerd.internal.v1.opt"]',
    `path = "${directory}/opt"`,
  ].join('\n');
}

function sorted(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
