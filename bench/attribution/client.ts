/**
 * Connects as often as it is told, some at a time, and closes each connection when the other end does. Arguments: the
 * path to connect to; to run as another user, also the user, the group and the number of supplementary groups.
 */
import { argv, exit, setgid, setgroups, setuid } from 'node:process';
import { EPOLLIN } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { check, EAGAIN } from '../../src/linux/errno.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import { close, connect, openStream } from '../../src/linux/socket.js';
import type { ClientDone } from './messages.js';

/** Connections of one client that are open at a time. */
const OPEN = 16;

const address = unixAddress(argv[2]);
const epoll = new Epoll(OPEN);

/** False when the backlog is full. */
function open(): boolean {
  const fd = check('socket', openStream());
  const result = connect(fd, address);
  if (result === -EAGAIN) {
    close(fd);
    return false;
  }
  check('connect', result);
  check('epoll_ctl', epoll.add(fd, EPOLLIN, fd, 0));
  return true;
}

function run(connections: number): void {
  let opened = 0;
  let closed = 0;
  while (closed < connections) {
    while (opened < connections && opened - closed < OPEN && open()) opened++;
    const count = epoll.wait(1);
    for (let i = 0; i < count; i++, closed++) close(epoll.token(i));
  }
}

const [user, group, groups] = argv.slice(3).map(Number);
if (user !== undefined) {
  setgroups?.(Array.from({ length: groups }, (_, i) => group + 1 + i));
  setgid?.(group);
  setuid?.(user);
}

process.on('message', (connections: number) => {
  run(connections);
  process.send?.({ connections } satisfies ClientDone);
});
process.on('disconnect', () => exit());
process.send?.('ready');
