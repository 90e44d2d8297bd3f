import { type Direction, RECV, SEND } from '../protocols/direction.js';
import { RECV_BYTES, RECV_OPS, SEND_BYTES, SEND_OPS } from '../receivers/uds/index.js';
import { shown } from './check.js';
import { MonitorError } from './monitor-error.js';
import type { PayloadRecorder } from './payload-recorder.js';

/** What a monitor gives to a socket of its own. */
export interface SocketParts {
  readonly containerId: string;
  readonly socketPath: string;
  /** Its counters. */
  readonly row: Float64Array;
  /** By direction; undefined where nothing is captured. */
  readonly recorders: readonly [PayloadRecorder | undefined, PayloadRecorder | undefined];
  /** It is captured no more. */
  failed(error: unknown): void;
  closed(): void;
}

/**
 * A registered socket: the quick way to record what passes it. A call counts one operation, and copies what
 * the strategy keeps of it before it returns.
 */
export class MonitoredSocket {
  readonly #parts: SocketParts;
  readonly #row: Float64Array;
  #send: PayloadRecorder | undefined;
  #recv: PayloadRecorder | undefined;
  #isOpen = true;

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.#row = parts.row;
    [this.#send, this.#recv] = parts.recorders;
  }

  get containerId(): string {
    return this.#parts.containerId;
  }

  get socketPath(): string {
    return this.#parts.socketPath;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The container has sent `bytes`. @throws MonitorError after `close`, or when they are no bytes. */
  recordSend(bytes: Uint8Array): void {
    this.#countSend(lengthOf(bytes));
    if (this.#send !== undefined) this.#record(this.#send, bytes, SEND);
  }

  /**
   * The container has received bytes, or so many of them.
   *
   * @throws MonitorError after `close`, when they are no bytes, or a number is not a whole one from 0 to 2^53 − 1.
   */
  recordRecv(bytes: Uint8Array | number): void {
    if (typeof bytes === 'number') {
      this.#countRecv(checkedSize(bytes));
      return;
    }
    this.#countRecv(lengthOf(bytes));
    if (this.#recv !== undefined) this.#record(this.#recv, bytes, RECV);
  }

  /**
   * The container has sent `size` bytes, of which nothing is captured.
   *
   * @throws MonitorError after `close`, or when `size` is not a whole number from 0 to 2^53 − 1.
   */
  recordSendNoData(size: number): void {
    this.#countSend(checkedSize(size));
  }

  /** Ends the socket's registration, that of its descriptors too. What was captured can still be read. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#parts.closed();
  }

  #countSend(size: number): void {
    if (!this.#isOpen) this.#refuse();
    this.#row[SEND_BYTES] += size;
    this.#row[SEND_OPS]++;
  }

  #countRecv(size: number): void {
    if (!this.#isOpen) this.#refuse();
    this.#row[RECV_BYTES] += size;
    this.#row[RECV_OPS]++;
  }

  #record(recorder: PayloadRecorder, bytes: Uint8Array, direction: Direction): void {
    try {
      recorder.record(bytes, direction);
    } catch (error) {
      this.#send = undefined;
      this.#recv = undefined;
      this.#parts.failed(error);
    }
  }

  #refuse(): never {
    throw new MonitorError(
      `${this.socketPath} of container ${this.containerId} is closed; register it again to record`,
    );
  }
}

/** What is counted once cannot be taken back: anything else than bytes would spoil the sums. */
function lengthOf(bytes: Uint8Array): number {
  // Not `instanceof`: the bytes may be of another realm, as in a test runner.
  if (ArrayBuffer.isView(bytes) && bytes.BYTES_PER_ELEMENT === 1) return bytes.length;
  throw new MonitorError(`${shown(bytes)} is not a Uint8Array; give the bytes themselves`);
}

function checkedSize(size: number): number {
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new MonitorError(`${size} is not a size; give a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
}
