import { rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { EPOLLIN } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { check, EAGAIN, ECONNREFUSED, ENOENT, errnoName } from '../../src/linux/errno.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import { accept, bind, close, connect, listen, openStream } from '../../src/linux/socket.js';
import type { Route } from './jobs.js';

const BACKLOG = 1024;

/** How long a relay may take to listen, and to connect to us. */
const PATIENCE_MS = 5000;

/** Both ends of the load: client `i` reaches server `i` through the relay. */
export class Connections {
  readonly clients: Int32Array;
  readonly servers: Int32Array;
  /** Where servers are accepted. */
  readonly listener: number;
  readonly #servePath: string;
  readonly #waiter = new Epoll(1);
  readonly #total: number;
  #opened = 0;

  /** @throws Error when the relay does not connect the two in time. */
  constructor(
    route: Route,
    readonly count: number,
    /** Opened beside the others, and left alone. */
    silent = 0,
  ) {
    this.#total = count + silent;
    this.clients = new Int32Array(this.#total);
    this.servers = new Int32Array(this.#total);
    this.#servePath = route.servePath;
    this.listener = listenOn(route.servePath);
    try {
      check('epoll_ctl', this.#waiter.add(this.listener, EPOLLIN, 0, 0));
      // One after the other, so that each client's server is known.
      for (; this.#opened < this.#total; this.#opened++) this.#openOne(route.connectPath);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    for (let i = 0; i < this.#opened; i++) {
      close(this.clients[i]);
      close(this.servers[i]);
    }
    close(this.listener);
    this.#waiter.close();
    rmSync(this.#servePath, { force: true });
  }

  #openOne(path: string): void {
    this.clients[this.#opened] = this.#connect(path);
    this.servers[this.#opened] = this.#accept();
  }

  #connect(path: string): number {
    const address = unixAddress(path);
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (;;) {
      // A new socket for each attempt: the state of a failed one is not specified.
      const fd = check('socket', openStream());
      const result = connect(fd, address);
      if (result === 0) return fd;
      close(fd);
      const mayComeUp = result === -ENOENT || result === -ECONNREFUSED || result === -EAGAIN;
      if (!mayComeUp || performance.now() > deadlineMs)
        throw new Error(`connect ${path}: ${errnoName(-result)}`);
      this.#waiter.wait(1);
    }
  }

  #accept(): number {
    if (this.#waiter.wait(PATIENCE_MS) !== 1) throw new Error('the relay did not connect to its upstream');
    return check('accept4', accept(this.listener));
  }
}

function listenOn(path: string): number {
  const fd = check('socket', openStream());
  check('bind', bind(fd, unixAddress(path)));
  check('listen', listen(fd, BACKLOG));
  return fd;
}
