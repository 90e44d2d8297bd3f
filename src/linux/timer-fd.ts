import { CLOCK_MONOTONIC, TFD_CLOEXEC, TFD_NONBLOCK } from './constants.js';
import { check } from './errno.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

const EXPIRATIONS_BYTES = 8;
const NS_OF_MS = 1_000_000;

/** struct itimerspec: an interval and a first time, each of seconds and nanoseconds of 64 bits. */
const SPEC_BYTES = 32;
const FIRST_SECONDS = 2;
const FIRST_NANOSECONDS = 3;

/** A timer that is a descriptor (timerfd_create(2)): a loop that waits for it reads no clock. It goes off once for each `start`. */
export class TimerFd {
  readonly fd: number;
  readonly #spec = new NativeMemory(SPEC_BYTES);
  readonly #words = new BigInt64Array(this.#spec.buffer);

  /** @throws SystemCallError when the process is out of descriptors. */
  constructor() {
    this.fd = check(
      'timerfd_create',
      libc.result(libc.timerfdCreate(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
    );
  }

  /** Becomes readable in so many ms from now. */
  start(ms: number): void {
    // Seldom enough for a BigInt.
    this.#words[FIRST_SECONDS] = BigInt(Math.floor(ms / 1000));
    this.#words[FIRST_NANOSECONDS] = BigInt(Math.ceil((ms % 1000) * NS_OF_MS));
    libc.timerfdSettime(this.fd, 0, this.#spec.address, 0);
  }

  /** It has gone off, and is not readable any more. */
  clear(): void {
    libc.read(this.fd, new Uint8Array(EXPIRATIONS_BYTES), EXPIRATIONS_BYTES);
  }

  close(): void {
    libc.close(this.fd);
  }
}
