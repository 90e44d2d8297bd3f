/**
 * A peer that sends as much as it can and reads as much as it can, until it is killed.
 *
 *   node flood.js listen|connect PATH
 */
import { connect, createServer, type Socket } from 'node:net';

const chunk = Buffer.alloc(65_536, 'x');

function flood(socket: Socket): void {
  const send = () => {
    while (socket.write(chunk));
  };
  socket.on('drain', send);
  socket.resume();
  send();
}

const [role, path] = process.argv.slice(2);
const say = () => console.log(JSON.stringify(role));
if (role === 'listen') createServer(flood).listen(path, say);
else flood(connect(path, say));
