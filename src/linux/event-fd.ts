import { EFD_CLOEXEC, EFD_NONBLOCK } from './constants.js';
import { check } from './errno.js';
import * as libc from './libc.js';

const COUNTER_BYTES = 8;

/** Creates an eventfd(2) with a zero counter. @throws SystemCallError when out of descriptors. */
export function openEventFd(): number {
  return check('eventfd', libc.result(libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
}

/** Wakes the waiting thread. Signals add up, so one wake-up may stand for several. */
export function signalEventFd(fd: number): void {
  // EAGAIN would mean 2^64-2 unread signals, and the waiter is about to wake in that case anyway.
  libc.write(fd, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), COUNTER_BYTES);
}

/** Resets the counter to zero. */
export function clearEventFd(fd: number): void {
  libc.read(fd, new Uint8Array(COUNTER_BYTES), COUNTER_BYTES);
}

export function closeEventFd(fd: number): void {
  libc.close(fd);
}
