/**
 * Many connections in one process, to be killed with it: `node crowd.js PATH COUNT`. A part of them send as much as they can
 * and read nothing, a part read only, a part do nothing.
 */
import { connect } from 'node:net';
import { argv, stdout } from 'node:process';

const chunk = Buffer.alloc(65_536, 'x');
const [, , path, count] = argv;

for (let i = 0; i < Number(count); i++) {
  const socket = connect(path);
  socket.on('error', () => socket.destroy());
  if (i % 3 === 0) continue;
  if (i % 3 === 1) {
    socket.resume();
    continue;
  }
  socket.pause();
  const send = () => {
    while (socket.write(chunk));
  };
  socket.on('drain', send);
  send();
}
stdout.write('ready\n');
