import { arch } from 'node:process';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from './constants.js';
import { check } from './errno.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

// struct epoll_event is packed on x86-64 only (linux/eventpoll.h): 4 bytes of events, 8 of data.
const EVENT_WORDS = arch === 'x64' ? 3 : 4;
const DATA_WORD = arch === 'x64' ? 1 : 2;

/**
 * An epoll instance whose user data is two 32-bit words: a token that identifies the descriptor's owner, and a
 * generation that tells a live descriptor from an earlier one with the same number.
 */
export class Epoll {
  readonly fd: number;
  readonly #events: NativeMemory;
  readonly #eventWords: Int32Array;
  readonly #control: NativeMemory;
  readonly #controlWords: Int32Array;

  /** @throws SystemCallError when the process is out of descriptors. */
  constructor(readonly maxEvents: number) {
    this.fd = check('epoll_create1', libc.result(libc.epollCreate(EPOLL_CLOEXEC)));
    this.#events = new NativeMemory(maxEvents * EVENT_WORDS * 4);
    this.#eventWords = new Int32Array(this.#events.buffer);
    this.#control = new NativeMemory(EVENT_WORDS * 4);
    this.#controlWords = new Int32Array(this.#control.buffer);
  }

  add(fd: number, events: number, token: number, generation: number): number {
    return this.#change(EPOLL_CTL_ADD, fd, events, token, generation);
  }

  modify(fd: number, events: number, token: number, generation: number): number {
    return this.#change(EPOLL_CTL_MOD, fd, events, token, generation);
  }

  remove(fd: number): number {
    return libc.result(libc.epollControl(this.fd, EPOLL_CTL_DEL, fd, this.#control.address));
  }

  /** Waits up to `timeoutMs`, or for ever if it is -1. Returns the number of events, or -EINTR. */
  wait(timeoutMs: number): number {
    return libc.result(libc.epollWait(this.fd, this.#events.address, this.maxEvents, timeoutMs));
  }

  /** EPOLL* bits of event `index` from the last wait. */
  events(index: number): number {
    return this.#eventWords[index * EVENT_WORDS];
  }

  token(index: number): number {
    return this.#eventWords[index * EVENT_WORDS + DATA_WORD];
  }

  generation(index: number): number {
    return this.#eventWords[index * EVENT_WORDS + DATA_WORD + 1];
  }

  close(): void {
    libc.close(this.fd);
  }

  #change(operation: number, fd: number, events: number, token: number, generation: number): number {
    const words = this.#controlWords;
    words[0] = events;
    words[DATA_WORD] = token;
    words[DATA_WORD + 1] = generation;
    return libc.result(libc.epollControl(this.fd, operation, fd, this.#control.address));
  }
}
