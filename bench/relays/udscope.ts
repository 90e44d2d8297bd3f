/**
 * The product's relay in a process of its own: the receiver's defaults, but one relay thread, and with the
 * counters that the metrics are read from. Arguments: the path to listen on, the path to connect to.
 */
import { argv, exit } from 'node:process';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { udsReceiverSchema } from '../../src/receivers/uds/config.js';
import { RECV_BYTES, RECV_OPS, SEND_BYTES, SEND_OPS } from '../../src/receivers/uds/counters.js';
import { RelayPool } from '../../src/receivers/uds/pool/relay-pool.js';
import type { RelayMessage } from '../contestants/node-relay.js';

/** As many as the receiver has, so that its memory is in the figures. */
const ROWS = 65_536;

const [, , listenPath, upstreamPath, busyPollUs = '0'] = argv;
const { max_connections, buffer_size, client_limits } = udsReceiverSchema.parse({});
// The load generator is all clients: it may have what four may, each with a window as usual.
const share = max_connections / client_limits.connections;
const clientShare = { connections: max_connections, parkedBytes: share * client_limits.parked_bytes };
const fail = (error: unknown) => {
  throw error;
};
const pool = await RelayPool.start(
  {
    ...{ threads: 1, rows: ROWS, maxConnections: max_connections, bufferBytes: buffer_size, clientShare },
    busyPollMs: Number(busyPollUs) / 1000,
  },
  {
    accepting: () => {},
    notUrgent: () => {},
    strayed: (error) => fail(new Error(error)),
    printed: () => {},
    died: fail,
  },
);
const socket = ListenSocket.bind(listenPath);
socket.listen();
const rows: Float64Array[] = [];
pool.listen(
  socket.fd,
  { upstream: upstreamPath, connectTimeoutMs: 5000, idleTimeoutMs: 0, isShared: false },
  {
    flowOpened: ({ counters }) => rows.push(counters),
    flowEnded: () => {},
    upstream: () => {},
    refused: () => {},
    descriptorsDropped: () => {},
    overShare: () => {},
    captureFailed: (error) => fail(new Error(error)),
    fault: (error) => fail(new Error(error)),
  },
);

const say = (message: RelayMessage) => process.send?.(message);
const total = (column: number) => rows.reduce((sum, row) => sum + row[column], 0);
process.on('message', () => {
  const counts = {
    sendBytes: total(SEND_BYTES),
    recvBytes: total(RECV_BYTES),
    sendOps: total(SEND_OPS),
    recvOps: total(RECV_OPS),
  };
  say({ type: 'counts', counts });
});
for (const end of ['SIGTERM', 'disconnect']) {
  process.on(end, () => {
    socket.close();
    exit();
  });
}
say({ type: 'ready' });
