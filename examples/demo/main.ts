/**
 * The demo that `npm start` runs: a small JSON-RPC service, udscope with the sample configuration in front
 * of it, and a few clients that call through the relay. Ctrl-C ends everything. Arguments go to `udscope run`:
 * `npm start -- --set exporters.prometheus.endpoint=localhost:9999` where port 9464 is taken.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DemoClient } from './client.js';
import { startService } from './service.js';

const CLIENTS = 3;
const READY_POLL_MS = 50;
/** A Unix socket path has room for 107 bytes, and the longest name below it needs 18. */
const LONGEST_DIRECTORY = 85;

// Compiled, this file is dist/examples/demo/main.js.
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A directory that is ours alone, and how to leave nothing behind in it. */
function privateDirectory(): { path: string; remove(): void } {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && runtime !== '' && runtime.length <= LONGEST_DIRECTORY) {
    try {
      const path = join(runtime, 'udscope');
      mkdirSync(path, { recursive: true, mode: 0o700 });
      return { path, remove: () => rmSync(join(path, 'demo-service.sock'), { force: true }) };
    } catch {
      // Not a directory we may write to (sudo keeps the variable of another user): a fresh one will do.
    }
  }
  const path = mkdtempSync(join(tmpdir(), 'udscope-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** In a process group of its own: a Ctrl-C reaches us only, and we pass it on once. */
function startAgent(directory: string): ChildProcess {
  const files = ['--config', join(root, 'otel-config.yaml')];
  const command = [join(root, 'dist/src/cli/main.js'), 'run', ...files, ...process.argv.slice(2)];
  const env = { ...process.env, UDSCOPE_RUNTIME_DIR: directory };
  return spawn(process.execPath, command, { stdio: 'inherit', env, detached: true });
}

async function waitUntilConnectable(path: string): Promise<void> {
  for (;;) {
    const connected = await new Promise<boolean>((resolve) => {
      const probe = connect(path, () => resolve(true));
      probe.on('error', () => resolve(false));
      probe.on('connect', () => probe.end());
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

function explain(relayPath: string): void {
  console.log(`
  The demo runs: ${CLIENTS} clients call a JSON-RPC service through udscope.
  See the metrics:       curl -s URL | grep ^uds_     with the URL above, usually localhost:9464/metrics
  Send a call yourself:  node dist/examples/demo/call.js ${relayPath} eth_blockNumber
  End it:                Ctrl-C
`);
}

const directory = privateDirectory();
const servicePath = join(directory.path, 'demo-service.sock');
const relayPath = join(directory.path, 'demo.sock');
rmSync(servicePath, { force: true });
const service = await startService(servicePath);
const agent = startAgent(directory.path);
const clients: DemoClient[] = [];

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const client of clients) client.stop();
    agent.kill(signal);
  });
}
agent.once('exit', (code) => {
  for (const client of clients) client.stop();
  service.close();
  directory.remove();
  process.exit(code ?? 1);
});

await waitUntilConnectable(relayPath);
for (let i = 0; i < CLIENTS; i++) clients.push(new DemoClient(relayPath));
explain(relayPath);
