/**
 * A relay that connects as its clients, in a process of its own. It says a line of JSON for each thing that happens.
 *
 *   node client-relay-process.js PATH UPSTREAM
 *
 * Lines on its stdin: "status" is answered with the credentials of its threads and what is counted; {"deny": UID,
 * "errno": N} has the kernel refuse that user to it from then on, and is answered with "denied".
 */
import { createInterface } from 'node:readline';
import { SYS_SETRESUID } from '../../src/linux/system-calls.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { CLOSED, errorColumn, FAILURE_NAMES, OPENED } from '../../src/receivers/uds/counters.js';
import { RelayPool } from '../../src/receivers/uds/pool/relay-pool.js';
import { listenerEvents, poolEvents } from './pool-events.js';
import { denySystemCall } from './seccomp.js';
import { statuses } from './thread-status.js';

const [path, upstream] = process.argv.slice(2);

function say(message: unknown): void {
  console.log(JSON.stringify(message));
}

const pool = await RelayPool.start(
  { threads: 1, rows: 4, maxConnections: 64, bufferBytes: 4096 },
  poolEvents({ died: (error) => say({ died: String(error) }) }),
);
const socket = ListenSocket.bind(path);
socket.listen();
const rows: Float64Array[] = [];
pool.listen(
  socket.fd,
  { upstream, connectTimeoutMs: 5000, idleTimeoutMs: 0, isShared: false, credentials: 'client' },
  listenerEvents({
    flowOpened: ({ counters }) => void rows.push(counters),
    upstream: (error) => say({ upstream: error ?? null }),
    refused: (user, reason) => say({ refused: { user, reason } }),
    fault: (error) => say({ fault: error }),
  }),
);
say('listening');

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as 'status' | { deny: number; errno: number };
  if (order !== 'status') {
    denySystemCall(SYS_SETRESUID, 1, order.deny, order.errno);
    say('denied');
    continue;
  }
  pool.drainReports();
  const sum = (column: number) => rows.reduce((total, row) => total + row[column], 0);
  const errors = FAILURE_NAMES.map((name) => [name, sum(errorColumn(name))] as const);
  say({
    threads: statuses(),
    opened: sum(OPENED),
    closed: sum(CLOSED),
    errors: Object.fromEntries(errors.filter(([, count]) => count > 0)),
  });
}
