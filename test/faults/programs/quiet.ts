/**
 * A client that minds its own business: `node quiet.js PATH SECONDS`. It makes one call after the other, at its leisure, on
 * a few connections, and says at the end how many there were and how long they took, in microseconds.
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

const [, , path, seconds] = argv;
const durationsUs: number[] = [];
let calls = 0;

/** Makes calls on one connection until `endMs`. */
async function callUntil(socket: Socket, endMs: number): Promise<void> {
  let answered = () => {};
  onLines(socket, () => answered());
  for (let id = 0; performance.now() < endMs; id++) {
    const startMs = performance.now();
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    calls++;
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: `quiet_${id % METHODS}`, params: [] })}\n`);
    await answer;
    durationsUs.push((performance.now() - startMs) * 1000);
    await sleep(PAUSE_MS);
  }
}

const sockets: Socket[] = [];
for (let i = 0; i < CONNECTIONS; i++) {
  const socket = connect(path);
  await once(socket, 'connect');
  sockets.push(socket);
}
const endMs = performance.now() + Number(seconds) * 1000;
await Promise.all(sockets.map((socket) => callUntil(socket, endMs)));
for (const socket of sockets) socket.end();
durationsUs.sort((a, b) => a - b);
const quantile = (part: number) => durationsUs[Math.floor((durationsUs.length - 1) * part)];
stdout.write(
  `${JSON.stringify({ calls, answered: durationsUs.length, p50Us: quantile(0.5), p99Us: quantile(0.99) })}\n`,
);
