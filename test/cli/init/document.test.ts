import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { type Candidate, candidates } from '../../../src/cli/init/candidates.js';
import { configurationDocument, fits } from '../../../src/cli/init/document.js';
import { type FoundSocket, findSockets } from '../../../src/cli/init/find-sockets.js';
import { loadConfiguration } from '../../../src/configuration/index.js';
import { useCleanup } from '../../support/cleanup.js';
import { startCommand } from '../../support/udscope.js';

describe('the configuration that udscope init writes', () => {
  const cleanup = useCleanup();
  let root: string;

  beforeEach(() => {
    root = cleanup.directory();
  });

  async function listen(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true });
    const server = createServer().listen(path);
    cleanup.defer(() => server.close());
    await once(server, 'listening');
  }

  /** Those that udscope knows, below the test's own directory. */
  function below(): Candidate[] {
    return candidates('/root').map((candidate, i) => ({
      ...candidate,
      // A socket's path may not be long.
      paths: [join(root, String(i), basename(candidate.paths[0] ?? ''))],
    }));
  }

  function document(known: readonly Candidate[]): string {
    const places = {
      sockets: join(root, 's'),
      control: join(root, 'private/c.sock'),
      containers: join(root, 'private/c'),
    };
    return configurationDocument(findSockets(known), places);
  }

  function write(text: string): string {
    const file = join(root, 'otel-config.yaml');
    writeFileSync(file, text);
    return file;
  }

  it('is accepted and runs, with every socket that it knows', async () => {
    const known = below();
    for (const { paths } of known) await listen((paths[0] ?? '').replace('*', '5432'));
    const file = write(document(known));
    const { config, warnings } = loadConfiguration({ files: [file], sets: [], env: {} });
    assert.deepEqual(warnings, []);
    const relayed = [...config.receivers.values()].flatMap((receiver) => receiver.config.sockets);
    assert.equal(relayed.length, known.filter(({ risk }) => risk === undefined).length);
    assert.ok(relayed.some(({ listen }) => listen.endsWith('/postgresql/.s.PGSQL.5432')));
    const args = ['run', '--config', file, '--set', 'exporters.prometheus.endpoint=localhost:0'];
    const agent = await startCommand({ args });
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
    for (const { listen } of relayed) assert.ok(existsSync(listen), listen);
    assert.ok(existsSync(join(root, 'private/c.sock')));
  });

  it('is accepted where nothing listens, and says so', () => {
    const text = document(below());
    assert.match(text, /# None of the sockets/);
    const { config } = loadConfiguration({ files: [write(text)], sets: [], env: {} });
    assert.equal([...config.receivers.values()][0]?.config.sockets.length, 0);
  });

  it('has what is risky as comments that are right once they are none', async () => {
    const known = below().filter(({ risk }) => risk !== undefined);
    assert.deepEqual(
      known.map(({ name }) => name),
      ['spire-agent', 'dbus'],
    );
    for (const { paths } of known) await listen(paths[0] ?? '');
    const text = document(known);
    assert.match(text, / sockets: \[\]\n/);
    const without = text
      .replace('sockets: []', 'sockets:')
      .replace(/# (- name| {2}listen| {2}upstream)/g, '$1');
    const { config } = loadConfiguration({ files: [write(without)], sets: [], env: {} });
    assert.equal([...config.receivers.values()][0]?.config.sockets.length, 2);
  });

  it('has no socket whose relay socket would have too long a path', () => {
    const places = { sockets: '/run/udscope/sockets', control: '/run/c.sock', containers: '/run/c' };
    const known = (star: string): FoundSocket => ({
      ...{ candidate: { name: 'postgresql', title: 'PostgreSQL', paths: [], keepsFileName: true } },
      ...{ name: 'postgresql', path: `/run/postgresql/.s.PGSQL.${star}`, type: 'stream' },
    });
    assert.deepEqual(
      ['5432', '5'.repeat(80)].map((star) => fits(known(star), places)),
      [true, false],
    );
  });

  it('keeps odd paths as they are', async () => {
    const odd = join(root, '$5 "a: #b\u202e\u009b');
    await listen(join(odd, 'x.sock'));
    const text = document([{ name: 'odd', title: 'odd\u001b', paths: [join(odd, 'x.sock')] }]);
    for (const mark of ['\u001b', '\u202e', '\u009b']) assert.ok(!text.includes(mark));
    const { config } = loadConfiguration({ files: [write(text)], sets: [], env: {} });
    assert.equal([...config.receivers.values()][0]?.config.sockets[0]?.upstream, join(odd, 'x.sock'));
  });
});
