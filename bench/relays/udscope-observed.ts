/**
 * The product's receiver observing as it does by default: both directions captured up to 512 bytes a message, JSON-RPC decoded,
 * every client identified, upstream connected to as the client where that is possible. Arguments: the path to listen on, the path to connect to.
 */
import { argv, exit } from 'node:process';
import { DEFAULT_METRIC_ATTRIBUTES } from '../../src/configuration/service-schema.js';
import { RECV_BYTES, RECV_OPS, SEND_BYTES, SEND_OPS } from '../../src/receivers/uds/counters.js';
import type { RelayMessage } from '../contestants/node-relay.js';
import { observe } from './observed-receiver.js';

const [, , listen, upstream] = argv;
const { table } = await observe({
  ...{ listen, upstream, capture: {}, attributes: DEFAULT_METRIC_ATTRIBUTES },
  receiver: { client_limits: { connections: 16_384, parked_bytes: '256MiB' } },
});
const total = (column: number) => table.readings().reduce((sum, { totals }) => sum + totals[column], 0);
const say = (message: RelayMessage) => process.send?.(message);
process.on('message', () => {
  const counts = {
    sendBytes: total(SEND_BYTES),
    recvBytes: total(RECV_BYTES),
    sendOps: total(SEND_OPS),
    recvOps: total(RECV_OPS),
  };
  say({ type: 'counts', counts });
});
for (const end of ['SIGTERM', 'disconnect']) process.on(end, () => exit());
say({ type: 'ready' });
