import { copyMemory } from '../../../linux/memory.js';
import { BufferPool } from './buffer-pool.js';
import type { ConnectionTable } from './connection-table.js';
import type { OutgoingMessage } from './message-sender.js';
import type { RelayThreadData } from './messages.js';

const POOL_BYTES_MIN = 4096;

/** So many clients may each have all that one client may have parked; beyond that, each may have only one message. */
const CROWD = 4;

/** Ends that go on when a message of their client has left. */
const ENDS_A_MESSAGE = 16;

interface ParkedMessage extends OutgoingMessage {
  readonly pool: BufferPool;
  readonly buffer: number;
  readonly client: number;
}

/**
 * Messages that were read and that the other end has no room for: one of each direction at most. What a client has of
 * them is bounded; beyond that its messages stay in the sockets they came to.
 *
 * Only a receiver that has fallen behind has messages parked, so this may allocate.
 */
export class ParkedMessages {
  readonly #table: ConnectionTable;
  readonly #resume: (end: number) => void;
  readonly #pools: BufferPool[] = [];
  readonly #clientBytes: number;
  readonly #parked = new Map<number, ParkedMessage>();
  /** By the numbers of clients: bytes parked, and ends that wait because these are too many. */
  readonly #bytesOf = new Map<number, number>();
  readonly #waiting = new Map<number, Set<number>>();
  #bytes = 0;

  /** `resume`: an end may be read again. */
  constructor(
    table: ConnectionTable,
    { clientShare, threads }: Pick<RelayThreadData, 'clientShare' | 'threads'>,
    resume: (end: number) => void,
  ) {
    this.#table = table;
    this.#clientBytes = clientShare.parkedBytes / threads;
    this.#resume = resume;
  }

  /** The message that was read from an end and waits. */
  of(end: number): OutgoingMessage | undefined {
    return this.#parked.get(end);
  }

  /** Whether an end may be read: a message of it could be parked. If not, `resume` tells when. */
  mayRead(end: number): boolean {
    if (this.#bytes === 0) return true;
    const client = this.#table.client[end >> 1];
    const bytes = this.#bytesOf.get(client) ?? 0;
    if (bytes === 0 || (bytes < this.#clientBytes && this.#bytes < CROWD * this.#clientBytes)) return true;
    const waiting = this.#waiting.get(client) ?? new Set();
    this.#waiting.set(client, waiting.add(end));
    return false;
  }

  /** Parks a copy of a message that was read from an end. @throws SystemCallError when memory is exhausted; nothing has changed then. */
  park(end: number, message: OutgoingMessage): void {
    const pool = this.#poolFor(message.bytes);
    const buffer = pool.take();
    const address = pool.address(buffer);
    copyMemory(address, message.address, message.bytes);
    const client = this.#table.client[end >> 1];
    this.#parked.set(end, { ...message, address, pool, buffer, client });
    this.#count(client, pool.bufferBytes);
  }

  /** As `park`. False when memory is exhausted. */
  tryPark(end: number, message: OutgoingMessage): boolean {
    try {
      this.park(end, message);
      return true;
    } catch {
      return false;
    }
  }

  /** The message of an end was sent, or never will be. */
  drop(end: number): void {
    const message = this.#parked.get(end);
    if (message === undefined) return;
    const { pool, buffer, client } = message;
    this.#parked.delete(end);
    pool.give(buffer);
    this.#count(client, -pool.bufferBytes);
    this.#resumeSome(client);
  }

  /** An end is closed. */
  forget(end: number): void {
    this.drop(end);
    const client = this.#table.client[end >> 1];
    const waiting = this.#waiting.get(client);
    if (waiting?.delete(end) === true && waiting.size === 0) this.#waiting.delete(client);
  }

  /** Gives all memory back. */
  discard(): void {
    for (const pool of this.#pools) pool.discard();
  }

  #count(client: number, bytes: number): void {
    this.#bytes += bytes;
    const now = (this.#bytesOf.get(client) ?? 0) + bytes;
    if (now > 0) this.#bytesOf.set(client, now);
    else this.#bytesOf.delete(client);
  }

  /** Those that find no room again wait again; with the last message of the client all go on, or none ever would. */
  #resumeSome(client: number): void {
    const waiting = this.#waiting.get(client);
    if (waiting === undefined) return;
    let left = this.#bytesOf.has(client) ? ENDS_A_MESSAGE : waiting.size;
    for (const end of waiting) {
      if (left-- === 0) break;
      waiting.delete(end);
      this.#resume(end);
    }
    if (waiting.size === 0) this.#waiting.delete(client);
  }

  /** Buffers of a power of two, each size in a pool. */
  #poolFor(bytes: number): BufferPool {
    let index = 0;
    while (POOL_BYTES_MIN * 2 ** index < bytes) index++;
    for (let i = this.#pools.length; i <= index; i++)
      this.#pools.push(new BufferPool(POOL_BYTES_MIN * 2 ** i));
    return this.#pools[index];
  }
}
