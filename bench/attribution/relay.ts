/**
 * A relay thread in a process of its own. Arguments: the path to listen on, the path to connect to, the mode (`shared`:
 * identifies each client, `client`: connects as the client, `fixed`: neither), the processor for the thread.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
import { type ProcessSnapshot, UNATTRIBUTED_REASONS } from '../../src/identity/process-snapshot.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { OPENED } from '../../src/receivers/uds/counters.js';
import { RelayPool } from '../../src/receivers/uds/pool/relay-pool.js';
import type { RelayCounts } from './messages.js';

const [, , listenPath, upstream, kind, cpu] = argv;
const fail = (error: unknown) => {
  throw error;
};
const threadIds = () => readdirSync('/proc/self/task');
const before = new Set(threadIds());
const pool = await RelayPool.start(
  {
    threads: 1,
    rows: 1024,
    maxConnections: 4096,
    bufferBytes: 65_536,
    clientShare: { connections: 2048, parkedBytes: 2 ** 26 },
  },
  {
    accepting: () => {},
    notUrgent: () => {},
    strayed: (error) => fail(new Error(error)),
    printed: () => {},
    died: fail,
  },
);
const [relayThread] = threadIds().filter((id) => !before.has(id));
execFileSync('taskset', ['-p', '-c', cpu, relayThread], { stdio: 'ignore' });
const socket = ListenSocket.bind(listenPath);
socket.listen();
const flows: { client: ProcessSnapshot | undefined; counters: Float64Array }[] = [];
pool.listen(
  socket.fd,
  {
    upstream,
    connectTimeoutMs: 5000,
    idleTimeoutMs: 0,
    isShared: kind === 'shared',
    credentials: kind === 'client' ? 'client' : 'self',
  },
  {
    flowOpened: ({ counters }, client) => void flows.push({ client, counters }),
    flowEnded: () => {},
    upstream: () => {},
    refused: () => {},
    descriptorsDropped: () => {},
    overShare: () => {},
    captureFailed: (error) => fail(new Error(error)),
    fault: (error) => fail(new Error(error)),
  },
);

process.on('message', () => {
  pool.drainReports();
  const opened: Record<string, number> = {};
  for (const { client, counters } of flows) {
    const key = client?.cgroup ?? '';
    opened[key] = (opened[key] ?? 0) + counters[OPENED];
  }
  const [reasons] = pool.unattributedRows;
  const unattributed = Object.fromEntries(
    UNATTRIBUTED_REASONS.map((reason, i) => [reason, reasons[i]] as const).filter(([, count]) => count > 0),
  );
  const cpuNs = Number.parseInt(readFileSync(`/proc/self/task/${relayThread}/schedstat`, 'utf8'), 10);
  process.send?.({ cpuNs, opened, unattributed } satisfies RelayCounts);
});
process.on('disconnect', () => {
  socket.close();
  exit();
});
process.send?.('ready');
