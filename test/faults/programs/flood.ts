/**
 * A service that sends as much as it can; of every other client it reads nothing: `node flood.js PATH`.
 */
import { createServer } from 'node:net';
import { argv, stdout } from 'node:process';

const chunk = Buffer.alloc(65_536, 'y');
let count = 0;

createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  const send = () => {
    while (socket.write(chunk));
  };
  socket.on('drain', send);
  if (count++ % 2 === 0) socket.pause();
  else socket.resume();
  send();
}).listen(argv[2], () => stdout.write('ready\n'));
