import { EAGAIN, EINTR, errnoName } from '../../linux/errno.js';
import { type LogDrop, logDropColumn } from './instruments.js';

/** Bytes of lines that may wait for the reader. Beyond it the oldest lines are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** How long until waiting lines are tried again, longer each time, in ms. */
const RETRY_MS_MIN = 10;
const RETRY_MS_MAX = 200;

/** An output that never waits, as WaitlessOutput. */
export interface Output {
  /** Bytes taken, -EAGAIN when it would have to wait, or another negated errno. */
  write(bytes: Uint8Array): number;
  waitWritable(timeoutMs: number): void;
}

/**
 * Writes lines to an output that may be full, slow or gone. Nothing here waits or throws: a line without room is dropped
 * whole, and counted.
 */
export class LineOutput {
  readonly #output: Output;
  readonly #drops: Float64Array;
  readonly #onRecovery: () => void;
  #lines: Buffer[] = [];
  #waitingBytes = 0;
  /** Bytes of the first line that have been taken. */
  #written = 0;
  /** The end of the last line was lost. */
  #isTorn = false;
  /** Lines have been dropped, and that has not been reported. */
  #isUnsaid = false;
  #retryMs = RETRY_MS_MIN;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param drops a column for each of LOG_DROPS.
   * @param onRecovery called when lines are taken again after some were dropped.
   */
  constructor(output: Output, drops: Float64Array, onRecovery: () => void) {
    this.#output = output;
    this.#drops = drops;
    this.#onRecovery = onRecovery;
  }

  /** @param line with its line feed. */
  write(line: string): void {
    // A line that was cut off before it is ended first.
    const bytes = Buffer.from(this.#isTorn && this.#lines.length === 0 ? `\n${line}` : line);
    this.#lines.push(bytes);
    this.#waitingBytes += bytes.length;
    // While lines wait, the timer tries again; a new line does not.
    if (this.#timer === undefined) this.#pump();
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#trim();
  }

  /** Writes waiting lines for at most `withinMs`, before the process ends at once. */
  flush(withinMs: number): void {
    const deadlineMs = performance.now() + withinMs;
    for (;;) {
      this.#pump();
      const leftMs = Math.ceil(deadlineMs - performance.now());
      if (this.#lines.length === 0 || leftMs <= 0) return;
      this.#output.waitWritable(leftMs);
    }
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const isTaken = this.#drain();
    if (!isTaken || !this.#isUnsaid || this.#waitingBytes > MAX_WAITING_BYTES / 2) return;
    this.#isUnsaid = false;
    this.#onRecovery();
  }

  /** Writes as much as the output takes now. False when it takes nothing. */
  #drain(): boolean {
    let isTaken = false;
    while (this.#lines.length > 0) {
      const taken = this.#output.write(this.#lines[0].subarray(this.#written));
      if (taken === -EINTR) continue;
      if (taken === -EAGAIN || taken === 0) {
        this.#retryLater(isTaken);
        return isTaken;
      }
      if (taken < 0) {
        this.#dropAll(dropOf(taken));
        return false;
      }
      isTaken = true;
      this.#advance(taken);
    }
    return isTaken;
  }

  #advance(bytes: number): void {
    this.#isTorn = false;
    this.#written += bytes;
    const [{ length }] = this.#lines;
    if (this.#written < length) return;
    this.#lines.shift();
    this.#waitingBytes -= length;
    this.#written = 0;
  }

  #retryLater(isTaken: boolean): void {
    this.#retryMs = isTaken ? RETRY_MS_MIN : Math.min(this.#retryMs * 2, RETRY_MS_MAX);
    this.#timer = setTimeout(() => this.#pump(), this.#retryMs).unref();
  }

  /** Drops the oldest lines, but not the first, which may have been written in part, nor the newest. */
  #trim(): void {
    const first = 1;
    let end = first;
    for (; end < this.#lines.length - 1 && this.#waitingBytes > MAX_WAITING_BYTES; end++) {
      this.#waitingBytes -= this.#lines[end].length;
    }
    this.#lines.splice(first, end - first);
    this.#count('backlog', end - first);
  }

  #dropAll(reason: LogDrop): void {
    this.#isTorn ||= this.#written > 0;
    this.#count(reason, this.#lines.length);
    this.#lines = [];
    this.#waitingBytes = 0;
    this.#written = 0;
  }

  #count(reason: LogDrop, lines: number): void {
    if (lines === 0) return;
    this.#drops[logDropColumn(reason)] += lines;
    this.#isUnsaid = true;
  }
}

function dropOf(result: number): LogDrop {
  const name = errnoName(-result);
  return name === 'ENOSPC' || name === 'EPIPE' || name === 'EIO' ? name : '_OTHER';
}
