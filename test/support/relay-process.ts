/**
 * A relay in a process of its own, for what would hurt the process of the tests: few descriptors, another
 * user, an exit in the middle of things. It says a line of JSON for each thing that happens.
 *
 *   node relay-process.js PATH UPSTREAM THREADS [UID]
 *
 * Lines on its stdin are answered: "totals" with opened and closed, "descriptors" with how many it has open, "user" with "changed" once
 * it is the other user, who may not be able to read what is loaded later, "exit" with the end of the process.
 */
import { setgid, setgroups, setuid } from 'node:process';
import { createInterface } from 'node:readline';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { CLOSED, errorColumn, FAILURE_NAMES, OPENED } from '../../src/receivers/uds/counters.js';
import { RelayPool } from '../../src/receivers/uds/pool/relay-pool.js';
import { countDescriptors } from './descriptors.js';
import { listenerEvents, poolEvents } from './pool-events.js';

const [path, upstream, threads, uid] = process.argv.slice(2);

function say(message: unknown): void {
  console.log(JSON.stringify(message));
}

const pool = await RelayPool.start(
  { threads: Number(threads), rows: 4, maxConnections: 4096, bufferBytes: 4096 },
  poolEvents({
    accepting: (paused) => say({ accepting: paused ?? null }),
    strayed: (error) => say({ strayed: error }),
    died: (error) => say({ died: String(error) }),
  }),
);
const socket = ListenSocket.bind(path);
socket.listen();
const rows: Float64Array[] = [];
pool.listen(
  socket.fd,
  { upstream, connectTimeoutMs: 5000, idleTimeoutMs: 0, isShared: false },
  listenerEvents({
    flowOpened: ({ counters }) => void rows.push(counters),
    upstream: (error) => say({ upstream: error ?? null }),
    refused: (user, reason) => say({ refused: { user, reason } }),
    fault: (error) => say({ fault: error }),
    captureFailed: (error) => say({ captureFailed: error }),
  }),
);
say('listening');

for await (const line of createInterface({ input: process.stdin })) {
  if (JSON.parse(line) === 'exit') process.exit(0);
  if (JSON.parse(line) === 'descriptors') {
    say(countDescriptors());
    continue;
  }
  if (JSON.parse(line) === 'user') {
    // All threads of the process change, those of the relay too.
    setgroups?.([]);
    setgid?.(Number(uid));
    setuid?.(Number(uid));
    say('changed');
    continue;
  }
  pool.drainReports();
  const sum = (column: number) => rows.reduce((total, row) => total + row[column], 0);
  const errors = FAILURE_NAMES.map((name) => [name, sum(errorColumn(name))] as const);
  say({
    opened: sum(OPENED),
    closed: sum(CLOSED),
    errors: Object.fromEntries(errors.filter(([, count]) => count > 0)),
  });
}
