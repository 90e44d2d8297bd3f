/**
 * A service that sends back what it gets. Says its pid once it listens.
 *
 *   node echo-process.js PATH
 */
import { createServer } from 'node:net';
import { pid } from 'node:process';

const [path] = process.argv.slice(2);

createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket)).listen(
  { path, backlog: 4096 },
  () => console.log(JSON.stringify({ pid })),
);
