/** The upstream: takes connections and closes them at once. Argument: the path to listen on. */
import { argv, exit } from 'node:process';
import { EPOLLIN } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { accept, close } from '../../src/linux/socket.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';

const socket = ListenSocket.bind(argv[2]);
socket.listen();
const epoll = new Epoll(1);
epoll.add(socket.fd, EPOLLIN, 0, 0);

function turn(): void {
  epoll.wait(10);
  for (let fd = accept(socket.fd); fd >= 0; fd = accept(socket.fd)) close(fd);
  setImmediate(turn);
}

process.on('disconnect', () => {
  socket.close();
  exit();
});
process.send?.('ready');
turn();
