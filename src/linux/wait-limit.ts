import { SIGEV_THREAD_ID, SIGURG } from './constants.js';
import * as libc from './libc.js';
import { SYS_TIMER_CREATE, SYS_TIMER_SETTIME } from './system-calls.js';
import { threadId } from './thread-id.js';

/** After what time a system call is interrupted, and again and again from then on, in ns. */
const LIMIT_NS = 100_000;

/** struct sigevent and struct itimerspec of the kernel (asm-generic/siginfo.h, linux/time_types.h), as 32-bit words. */
const EVENT_WORDS = 16;
const SIGNAL = 2;
const NOTIFY = 3;
const THREAD_ID = 4;
const SPEC_WORDS = 8;
const INTERVAL_NS = 2;
const FIRST_NS = 6;

const CLOCK_MONOTONIC = 1;
const NONE = 0;
const SIG_DFL = 0;
const SIG_IGN = 1;
const SIG_ERR = -1;

/**
 * Limits how long system calls of this thread wait, by a signal to it. close(2) of a socket with SO_LINGER waits as long as its
 * owner likes, but not when a signal comes; the kernel sends the rest nevertheless. A FUSE or an NFS that does not answer
 * cannot be interrupted. Where there is no timer left for it (timer_create(2)), there is no limit.
 */
export class WaitLimit {
  readonly #timer: number;
  readonly #running = new Int32Array(SPEC_WORDS);
  readonly #stopped = new Int32Array(SPEC_WORDS);

  constructor() {
    this.#running[INTERVAL_NS] = LIMIT_NS;
    this.#running[FIRST_NS] = LIMIT_NS;
    this.#timer = handleSignal() ? createTimer() : -1;
  }

  /** From here on calls are interrupted. */
  begin(): void {
    if (this.#timer >= 0) libc.timerSettime(SYS_TIMER_SETTIME, this.#timer, 0, this.#running, NONE);
  }

  /** From here on they wait as always. */
  end(): void {
    if (this.#timer >= 0) libc.timerSettime(SYS_TIMER_SETTIME, this.#timer, 0, this.#stopped, NONE);
  }
}

/** A timer whose signal goes to this thread alone; negative if there is none. The process keeps it until it ends. */
function createTimer(): number {
  const event = new Int32Array(EVENT_WORDS);
  event[SIGNAL] = SIGURG;
  event[NOTIFY] = SIGEV_THREAD_ID;
  event[THREAD_ID] = threadId();
  const timer = new Int32Array(1);
  return libc.timerCreate(SYS_TIMER_CREATE, CLOCK_MONOTONIC, event, timer) < 0 ? -1 : timer[0];
}

/**
 * Only a signal that is handled interrupts. SIGURG is ignored by default, and no harm comes of one without a handler. The
 * handler is a function of the C library that does nothing, because JavaScript cannot run in the midst of a system call.
 */
function handleSignal(): boolean {
  const nothing = libc.dlsym?.(NONE, 'getppid') ?? 0;
  const before = nothing === 0 ? SIG_ERR : libc.signal(SIGURG, nothing);
  // The program that this library is part of may have a handler, which does as well.
  if (before !== SIG_ERR && before !== SIG_DFL && before !== SIG_IGN) libc.signal(SIGURG, before);
  return before !== SIG_ERR;
}
