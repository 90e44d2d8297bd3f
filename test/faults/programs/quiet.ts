/**
 * A client that minds its own business: `node quiet.js PATH`. It makes one call after the other, at its leisure, on a few
 * connections. At each SIGUSR2 it says how many calls, at least one, were answered since the last one and how long they took, in
 * microseconds; at SIGTERM it ends with the number of all calls, and of those that were answered.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { argv, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { onLines } from './lines.js';

const CONNECTIONS = 4;
const METHODS = 5;
const PAUSE_MS = 4;

const [, , path] = argv;
let durationsUs: number[] = [];
let calls = 0;
let answered = 0;
let isAsked = false;
let isOver = false;

/** Makes calls on one connection until it is over. */
async function call(socket: Socket): Promise<void> {
  let answer = () => {};
  onLines(socket, () => answer());
  for (let id = 0; !isOver; id++) {
    const startMs = performance.now();
    const answering = new Promise<void>((resolve) => {
      answer = resolve;
    });
    calls++;
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: `quiet_${id % METHODS}`, params: [] })}\n`);
    await answering;
    answered++;
    durationsUs.push((performance.now() - startMs) * 1000);
    tellIfAsked();
    await sleep(PAUSE_MS);
  }
}

/** Says what was asked for, once there is anything to say: on a slow machine it may be a while until a call is answered. */
function tellIfAsked(): void {
  if (!isAsked || durationsUs.length === 0) return;
  isAsked = false;
  const sorted = durationsUs.sort((a, b) => a - b);
  durationsUs = [];
  const quantile = (part: number) => sorted[Math.floor((sorted.length - 1) * part)];
  stdout.write(`${JSON.stringify({ calls: sorted.length, p50Us: quantile(0.5), p99Us: quantile(0.99) })}\n`);
}

process.on('SIGUSR2', () => {
  isAsked = true;
  tellIfAsked();
});
process.on('SIGTERM', () => {
  isOver = true;
});

const sockets: Socket[] = [];
for (let i = 0; i < CONNECTIONS; i++) {
  const socket = connect(path);
  await once(socket, 'connect');
  sockets.push(socket);
}
stdout.write('ready\n');
await Promise.all(sockets.map(call));
for (const socket of sockets) socket.end();
stdout.write(`${JSON.stringify({ calls, answered })}\n`);
