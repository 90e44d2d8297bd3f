/**
 * The demo that `npm start` runs: a small JSON-RPC service, udscope with the sample configuration in front
 * of it, and a few clients that call through the relay. Ctrl-C ends everything. Arguments go to `udscope run`:
 * `npm start -- --set exporters.prometheus.endpoint=localhost:9999` where port 9464 is taken, and
 * `--set extensions.dashboard.endpoint=localhost:9998` where 9465 is.
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
/** A page for a browser, which the sample configuration has as a comment. */
const DASHBOARD = ['--set', 'extensions.dashboard={}', '--set', 'service.extensions=[control, dashboard]'];
const READY_POLL_MS = 50;
/** A Unix socket path has room for 107 bytes. The longest path in a demo's directory takes 68 of them. */
const LONGEST_RUNTIME_DIRECTORY = 39;

// Compiled, this file is dist/examples/demo/main.js.
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A directory of this demo's own, even while another demo runs. */
function privateDirectory(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime === undefined || runtime === '' || runtime.length > LONGEST_RUNTIME_DIRECTORY) {
    return mkdtempSync(join(tmpdir(), 'udscope-'));
  }
  try {
    const path = join(runtime, 'udscope');
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch {
    // It exists already, or we may not write to it (sudo keeps the variable of another user).
    return mkdtempSync(join(tmpdir(), 'udscope-'));
  }
}

/** In a process group of its own, so that Ctrl-C reaches only us, and we pass it on once. */
function startAgent(directory: string): ChildProcess {
  const files = ['--config', join(root, 'otel-config.yaml')];
  const command = [
    join(root, 'dist/src/cli/main.js'),
    'run',
    ...files,
    ...DASHBOARD,
    ...process.argv.slice(2),
  ];
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

function explain(control: string, relay: string): void {
  console.log(`
  The demo runs: ${CLIENTS} clients call a JSON-RPC service through udscope.
  Look at it all:        open the dashboard's URL above, usually http://localhost:9465
  Watch the calls:       node dist/src/cli/main.js tail --control ${control}
  Count them by method:  curl -s URL | grep ^uds_method_calls     with the URL above, usually localhost:9464/metrics
  See all metrics:       curl -s URL
  Send a call yourself:  node dist/examples/demo/call.js ${relay} eth_blockNumber
  End it:                Ctrl-C
`);
}

const directory = privateDirectory();
// As otel-config.yaml has them.
const relayPath = join(directory, 'sockets/demo/demo.sock');
const controlPath = join(directory, 'private/control.sock');
const service = await startService(join(directory, 'demo-service.sock'));
const agent = startAgent(directory);
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
  rmSync(directory, { recursive: true, force: true });
  process.exit(code ?? 1);
});

await waitUntilConnectable(relayPath);
for (let i = 0; i < CLIENTS; i++) clients.push(new DemoClient(relayPath));
explain(controlPath, relayPath);
