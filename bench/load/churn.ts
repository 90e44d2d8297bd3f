import { performance } from 'node:perf_hooks';
import { EPOLLIN } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { check, EAGAIN } from '../../src/linux/errno.js';
import { read, result, write } from '../../src/linux/libc.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import { accept, close, connect, openStream } from '../../src/linux/socket.js';
import { Connections } from './connections.js';
import { fillMessage } from './content.js';
import { failure } from './failure.js';
import type { ChurnJob, ChurnResult } from './jobs.js';
import { Meter } from './meter.js';

const EVENTS_A_TURN = 256;
const STALL_MS = 5000;
const LISTENER = 0;

/** Runs clients of one request each, and their servers. @throws Error when the relay corrupts, loses or stalls. */
export function runChurn(job: ChurnJob): ChurnResult {
  // Its connection shows that the relay is up; its listener is where servers accept.
  const first = new Connections(job, 1);
  const load = new ChurnLoad(job, first.listener);
  try {
    load.runFor(job.warmUpMs);
    const meter = new Meter(job.relayPid, job.cpus);
    const before = load.closed;
    meter.start();
    load.runFor(job.measureMs);
    const usage = meter.stop();
    const connections = load.closed - before;
    load.drain();
    const bytes = load.closed * job.messageBytes;
    return { type: 'churn', usage, traffic: { sentBytes: bytes, receivedBytes: bytes }, connections };
  } finally {
    load.close();
    first.close();
  }
}

/** Clients and servers in one epoll loop, level-triggered. Tokens are descriptors; the listener's is 0. */
class ChurnLoad {
  /** Connections that were used and closed, as the clients see it. */
  closed = 0;
  readonly #address: Uint8Array;
  readonly #atATime: number;
  readonly #epoll = new Epoll(EVENTS_A_TURN);
  readonly #listener: number;
  readonly #clients = new Set<number>();
  readonly #servers = new Set<number>();
  readonly #message: Buffer;
  /** One byte more than an answer has, so that one too long shows. */
  readonly #answer: Buffer;
  #goesOn = true;

  constructor({ connectPath, connections, messageBytes }: ChurnJob, listener: number) {
    this.#address = unixAddress(connectPath);
    this.#atATime = connections;
    this.#listener = listener;
    this.#message = Buffer.alloc(messageBytes);
    this.#answer = Buffer.alloc(messageBytes + 1);
    fillMessage(this.#message, 'json-rpc');
    check('epoll_ctl', this.#epoll.add(listener, EPOLLIN, LISTENER, 0));
  }

  runFor(durationMs: number): void {
    const endMs = performance.now() + durationMs;
    while (performance.now() < endMs) this.#turn();
  }

  /** Waits for the clients that are still at it. */
  drain(): void {
    this.#goesOn = false;
    while (this.#clients.size > 0) this.#turn();
  }

  close(): void {
    for (const fd of [...this.#clients, ...this.#servers]) close(fd);
    this.#epoll.close();
  }

  #turn(): void {
    while (this.#goesOn && this.#clients.size < this.#atATime && this.#begin());
    const count = this.#epoll.wait(STALL_MS);
    if (count === 0) throw new Error(`nothing has happened for ${STALL_MS} ms`);
    for (let i = 0; i < count; i++) {
      const token = this.#epoll.token(i);
      if (token === LISTENER) this.#accept();
      else if (this.#clients.has(token)) this.#finish(token);
      else this.#serve(token);
    }
  }

  /** False when the relay's backlog is full. */
  #begin(): boolean {
    const fd = check('socket', openStream());
    const connected = connect(fd, this.#address);
    if (connected < 0) {
      close(fd);
      if (connected !== -EAGAIN) throw failure('connect', connected);
      return false;
    }
    const sent = result(write(fd, this.#message, this.#message.length));
    if (sent !== this.#message.length) throw failure('client write', sent);
    check('epoll_ctl', this.#epoll.add(fd, EPOLLIN, fd, 0));
    this.#clients.add(fd);
    return true;
  }

  #finish(fd: number): void {
    const bytes = result(read(fd, this.#answer, this.#answer.length));
    if (bytes !== this.#message.length) throw failure('client read', bytes);
    if (!this.#answer.subarray(0, bytes).equals(this.#message))
      throw new Error('the answer is not the request');
    this.#clients.delete(fd);
    close(fd);
    this.closed++;
  }

  #accept(): void {
    const fd = accept(this.#listener);
    if (fd === -EAGAIN) return;
    check('epoll_ctl', this.#epoll.add(check('accept4', fd), EPOLLIN, fd, 0));
    this.#servers.add(fd);
  }

  #serve(fd: number): void {
    const bytes = result(read(fd, this.#answer, this.#answer.length));
    if (bytes === 0) {
      this.#servers.delete(fd);
      close(fd);
      return;
    }
    if (bytes < 0) throw failure('server read', bytes);
    const sent = result(write(fd, this.#answer, bytes));
    if (sent !== bytes) throw failure('server write', sent);
  }
}
