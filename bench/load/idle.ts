import { EPOLLIN } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { check } from '../../src/linux/errno.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { receive, send } from '../../src/linux/socket.js';
import { residentBytes } from '../measure/processes.js';
import { Connections } from './connections.js';
import { failure } from './failure.js';
import type { IdleJob, IdleResult } from './jobs.js';

const MESSAGE_BYTES = 128;
/** Time for the relay to come to rest. */
const SETTLE_MS = 200;
const STALL_MS = 5000;

/** Opens connections, uses each of them once, and leaves them alone. */
export function runIdle(job: IdleJob): IdleResult {
  const pid = job.relayPid;
  if (pid === undefined) throw new Error('there is no relay whose memory could be measured');
  const before = residentBytes(pid);
  const connections = new Connections(job, job.connections);
  try {
    exchangeOnce(connections);
    return { type: 'idle', residentBytesBefore: before, residentBytesAfter: residentBytes(pid) };
  } finally {
    connections.close();
  }
}

function exchangeOnce(connections: Connections): void {
  const memory = new NativeMemory(MESSAGE_BYTES);
  const header = new MessageHeader();
  header.setBuffer(memory.address, MESSAGE_BYTES);
  const epoll = new Epoll(1);
  const pass = (from: number, to: number) => {
    const sent = send(from, header);
    if (sent !== MESSAGE_BYTES) throw failure('send', sent);
    check('epoll_ctl', epoll.add(to, EPOLLIN, 0, 0));
    if (epoll.wait(STALL_MS) !== 1) throw new Error(`nothing came through for ${STALL_MS} ms`);
    const received = receive(to, header);
    if (received !== MESSAGE_BYTES) throw failure('receive', received);
    epoll.remove(to);
  };
  for (let i = 0; i < connections.count; i++) {
    pass(connections.clients[i], connections.servers[i]);
    pass(connections.servers[i], connections.clients[i]);
  }
  epoll.wait(SETTLE_MS);
  epoll.close();
}
