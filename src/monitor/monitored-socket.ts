import { type Direction, RECV, SEND } from '../protocols/direction.js';
import { RECV_BYTES, RECV_OPS, SEND_BYTES, SEND_OPS } from '../receivers/uds/index.js';
import { shown } from './check.js';
import { MonitorError } from './monitor-error.js';
import type { PayloadRecorder } from './payload-recorder.js';

/** What a monitor provides to one of its sockets. */
interface SocketParts {
  readonly containerId: string;
  readonly socketPath: string;
  /** Its counters. */
  readonly row: Float64Array;
  /** By direction; undefined if the direction is not captured. */
  readonly recorders: readonly [PayloadRecorder | undefined, PayloadRecorder | undefined];
  /** Capturing has failed and stops. */
  failed(error: unknown): void;
  closed(): void;
}

/**
 * A registered socket, the fast way to record its traffic. A call counts one operation, and copies the bytes that the
 * strategy keeps before it returns.
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

  /** Records that the container sent `bytes`. @throws MonitorError after `close`, or if they are not a Uint8Array */
  recordSend(bytes: Uint8Array): void {
    this.#countSend(lengthOf(bytes));
    if (this.#send !== undefined) this.#record(this.#send, bytes, SEND);
  }

  /**
   * Records that the container received bytes, or a number of bytes.
   *
   * @throws MonitorError after `close`, or if the argument is neither a Uint8Array nor a whole number from 0 to 2^53 −
   * 1
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
   * Records that the container sent `size` bytes, without their data.
   *
   * @throws MonitorError after `close`, or if `size` is not a whole number from 0 to 2^53 − 1
   */
  recordSendNoData(size: number): void {
    this.#countSend(checkedSize(size));
  }

  /** Unregisters the socket and its descriptors. Captured records can still be read. Idempotent. */
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

/** Checked before it is counted, since a wrong value could not be removed from the sums again. */
function lengthOf(bytes: Uint8Array): number {
  // Not `instanceof`, because the bytes may come from another realm, as in some test runners.
  if (ArrayBuffer.isView(bytes) && bytes.BYTES_PER_ELEMENT === 1) return bytes.length;
  throw new MonitorError(`${shown(bytes)} is not a Uint8Array; give the bytes themselves`);
}

function checkedSize(size: number): number {
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new MonitorError(`${size} is not a size; give a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
}
