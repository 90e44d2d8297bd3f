import { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from '../../../linux/constants.js';
import type { Epoll } from '../../../linux/epoll.js';
import { type ConnectionTable, WATCHED } from './connection-table.js';

/** EPOLLOUT is not among them: it would wake us for every message the far side consumes. */
const FLOWING = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
const BLOCKED = FLOWING | EPOLLOUT;

/** EPOLLHUP comes unasked. */
const WAITING = EPOLLET;

/** What epoll is to tell of each end, at each time of its life. Negative results are negated errnos. */
export class EndEvents {
  readonly #table: ConnectionTable;
  readonly #epoll: Epoll;

  constructor(table: ConnectionTable, epoll: Epoll) {
    this.#table = table;
    this.#epoll = epoll;
  }

  /** Tells when its peer has closed. */
  wait(end: number): number {
    this.#table.flags[end] |= WATCHED;
    return this.#epoll.add(this.#table.fd[end], WAITING, end, this.#table.generation[end >> 1]);
  }

  /** Tells what there is to read, at once if there is something already. */
  flow(end: number): number {
    const { fd, flags, generation } = this.#table;
    return flags[end] & WATCHED
      ? this.#epoll.modify(fd[end], FLOWING, end, generation[end >> 1])
      : this.#epoll.add(fd[end], FLOWING, end, generation[end >> 1]);
  }

  /** Tells when there is room to write, too, at once if there is. */
  block(end: number): void {
    this.#epoll.modify(this.#table.fd[end], BLOCKED, end, this.#table.generation[end >> 1]);
  }

  unblock(end: number): void {
    this.#epoll.modify(this.#table.fd[end], FLOWING, end, this.#table.generation[end >> 1]);
  }
}
