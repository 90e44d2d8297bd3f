/**
 * The relay as it would be written with Node's own sockets, and as well as it can be: backpressure, half
 * close, four counters, no stream machinery beyond the sockets. Arguments as for the udscope relay.
 */
import { connect, createServer, type Socket } from 'node:net';
import { argv, exit } from 'node:process';
import type { RelayMessage } from '../contestants/node-relay.js';

const [, , listenPath, upstreamPath] = argv;
const counts = { sendBytes: 0, recvBytes: 0, sendOps: 0, recvOps: 0 };

/** Passes on what `source` says, and its end; stops reading while `target` has more than it can take. */
function pass(source: Socket, target: Socket, count: (bytes: number) => void): void {
  source.on('data', (chunk: Buffer) => {
    count(chunk.length);
    if (!target.write(chunk)) source.pause();
  });
  target.on('drain', () => source.resume());
  source.on('end', () => target.end());
}

const countSend = (bytes: number) => {
  counts.sendBytes += bytes;
  counts.sendOps += 1;
};
const countRecv = (bytes: number) => {
  counts.recvBytes += bytes;
  counts.recvOps += 1;
};

const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
  const upstream = connect({ path: upstreamPath, allowHalfOpen: true });
  const close = () => {
    client.destroy();
    upstream.destroy();
  };
  client.on('error', close);
  upstream.on('error', close);
  pass(client, upstream, countSend);
  pass(upstream, client, countRecv);
  upstream.once('connect', () => client.resume());
});

const say = (message: RelayMessage) => process.send?.(message);
process.on('message', () => say({ type: 'counts', counts }));
for (const end of ['SIGTERM', 'disconnect']) process.on(end, () => exit());
server.listen({ path: listenPath, backlog: 1024 }, () => say({ type: 'ready' }));
