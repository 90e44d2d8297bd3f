import { pid as own } from 'node:process';
import { existsByPidfd } from '../../../linux/proc.js';
import { close, peerPidfd } from '../../../linux/socket.js';
import { CLIENT, type ConnectionTable, UPSTREAM } from './connection-table.js';

/** How long a process that was seen is taken to be there, in ms. */
const SEEN_MS = 100;

/** Nobody but the relay itself. */
export const NO_PID = 0;

/**
 * The pid that messages are sent with in the name of a client or an upstream (SCM_CREDENTIALS): that of the process which connected
 * or listens, as long as it is there. When it has ended its number may pass to another process, in whose name nothing may be said, and the relay's own
 * is told. The kernel hands out numbers in turn, so that one does not come back within the time between two looks.
 */
export class SenderPids {
  readonly #table: ConnectionTable;
  readonly #now: () => number;
  /** By end: until when its process is taken to be there, in monotonic ms. */
  readonly #untilMs: Float64Array;
  /** Whether the kernel lets this thread name other processes; it needs CAP_SYS_ADMIN. */
  #mayName = true;

  constructor(table: ConnectionTable, now: () => number) {
    this.#table = table;
    this.#now = now;
    this.#untilMs = new Float64Array(table.slots * 2);
  }

  /** A connection is established. Its client may have been looked at. */
  begin(slot: number): void {
    this.#untilMs[slot * 2 + CLIENT] = this.#table.clientSeenMs[slot] + SEEN_MS;
    this.#untilMs[slot * 2 + UPSTREAM] = Number.NEGATIVE_INFINITY;
    if (this.#mayName) return;
    this.#table.senderPid[slot] = NO_PID;
    this.#table.serverPid[slot] = NO_PID;
  }

  /** The pid for a message that comes from an end. */
  of(end: number): number {
    const pids = this.#pidsOf(end);
    const slot = end >> 1;
    if (pids[slot] === NO_PID) return own;
    const nowMs = this.#now();
    if (nowMs < this.#untilMs[end]) return pids[slot];
    this.#untilMs[end] = nowMs + SEEN_MS;
    if (!this.#isThere(end)) pids[slot] = NO_PID;
    return pids[slot] === NO_PID ? own : pids[slot];
  }

  /** The kernel does not take the pid of an end: there is no such process, or it may not be named. Whether another is to be tried. */
  refused(end: number, mayNot: boolean): boolean {
    const pids = this.#pidsOf(end);
    if (pids[end >> 1] === NO_PID) return false;
    pids[end >> 1] = NO_PID;
    if (mayNot) this.#mayName = false;
    return true;
  }

  #pidsOf(end: number): Int32Array {
    return (end & 1) === CLIENT ? this.#table.senderPid : this.#table.serverPid;
  }

  #isThere(end: number): boolean {
    const pidfd = peerPidfd(this.#table.fd[end]);
    // Without one (before Linux 6.5) it cannot be told from a later process of the same number.
    if (pidfd < 0) return false;
    const isThere = existsByPidfd(pidfd);
    close(pidfd);
    return isThere;
  }
}
