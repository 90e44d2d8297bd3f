/**
 * A process with many connections that writes to each as long as anything is taken, reads nothing, and waits to be
 * killed. It says a line of JSON when it is ready, and one for each round of writing in which nothing was taken.
 *
 *   node stubborn.js listen|connect PATH CONNECTIONS
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from './cleanup.js';
import { RawListener, RawStream } from './raw-stream.js';

const PAUSE_MS = 20;

const [role, path, connections] = process.argv.slice(2);
const say = (word: string) => console.log(JSON.stringify(word));
const cleanup = new Cleanup();
const streams: RawStream[] = [];
if (role === 'listen') {
  const listener = RawListener.listen(path, cleanup);
  say('ready');
  while (streams.length < Number(connections)) {
    const stream = listener.tryAccept(cleanup);
    if (stream === undefined) await sleep(1);
    else streams.push(stream);
  }
} else {
  while (streams.length < Number(connections)) streams.push(await RawStream.connectInTime(path, cleanup));
  say('ready');
}

const chunk = Buffer.alloc(65_536, 'x');
for (;;) {
  const taken = streams.reduce((sum, stream) => sum + stream.fill(chunk), 0);
  if (taken === 0) say('stuck');
  await sleep(PAUSE_MS);
}
