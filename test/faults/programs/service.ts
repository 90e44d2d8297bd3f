/**
 * A JSON-RPC service, a message a line: `node service.js PATH`. A method `big` is answered with 64 KiB; a method `never`
 * is not answered.
 */
import { createServer } from 'node:net';
import { argv, stdout } from 'node:process';
import { onLines } from './lines.js';

const BIG = 'x'.repeat(65_536);

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('drain', () => socket.resume());
  onLines(socket, (line) => {
    const { id, method } = requestIn(line);
    if (id === undefined || method === 'never') return;
    const result = method === 'big' ? BIG : 'ok';
    if (!socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`)) socket.pause();
  });
});
server.listen(argv[2], () => stdout.write('ready\n'));

function requestIn(line: string): { id?: number | string; method?: string } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
