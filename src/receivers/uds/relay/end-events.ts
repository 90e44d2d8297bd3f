import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
} from '../../../linux/constants.js';
import type { Epoll } from '../../../linux/epoll.js';
import { type ConnectionTable, WATCHED } from './connection-table.js';

/** There is something to read, or to learn by reading. */
export const READABLE = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/** What is sent may be taken, or never will be. */
export const WRITABLE = EPOLLOUT | EPOLLHUP | EPOLLERR;

/** EPOLLOUT is not among them: it would wake us for every message the far side consumes. */
const FLOWING = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
const BLOCKED = FLOWING | EPOLLOUT;

/** EPOLLHUP comes unasked. */
const WAITING = EPOLLET;

/** What epoll is to tell of each end, at each time of its life. Negative results are negated errnos. */
export class EndEvents {
  readonly #table: ConnectionTable;
  readonly #epoll: Epoll;
  readonly #firstToken: number;

  /** `firstToken`: epoll's token of end 0. */
  constructor(table: ConnectionTable, epoll: Epoll, firstToken = 0) {
    this.#firstToken = firstToken;
    this.#table = table;
    this.#epoll = epoll;
  }

  /** Tells when its peer has closed. */
  wait(end: number): number {
    this.#table.flags[end] |= WATCHED;
    return this.#epoll.add(
      this.#table.fd[end],
      WAITING,
      this.#firstToken + end,
      this.#table.generation[end >> 1],
    );
  }

  /** Tells what there is to read, at once if there is something already. */
  flow(end: number): number {
    const { fd, flags, generation } = this.#table;
    const token = this.#firstToken + end;
    return flags[end] & WATCHED
      ? this.#epoll.modify(fd[end], FLOWING, token, generation[end >> 1])
      : this.#epoll.add(fd[end], FLOWING, token, generation[end >> 1]);
  }

  /** Tells when there is room to write, too, at once if there is. */
  block(end: number): void {
    this.#epoll.modify(
      this.#table.fd[end],
      BLOCKED,
      this.#firstToken + end,
      this.#table.generation[end >> 1],
    );
  }

  unblock(end: number): void {
    this.#epoll.modify(
      this.#table.fd[end],
      FLOWING,
      this.#firstToken + end,
      this.#table.generation[end >> 1],
    );
  }
}
