import { setSendBuffer } from '../../../linux/socket.js';
import { ClientCounts } from './client-counts.js';
import type { ClientHomes } from './client-homes.js';
import { CLIENT, type ConnectionTable, STREAM, UPSTREAM } from './connection-table.js';
import { FULL, NO_DESCRIPTORS, type RelayThreadData } from './messages.js';
import { isWithinShare, Windows } from './shares.js';

type AdmissionSettings = Pick<
  RelayThreadData,
  'bufferBytes' | 'clientCounts' | 'clientShare' | 'thread' | 'threads'
>;

/** With windows up to this, the kernel's queues are made as narrow (it takes twice the value); otherwise they have 208 KiB. */
const NARROW_BYTES = 64 * 1024;

/**
 * Decides whether a connection is let in, and how wide its window is. A client that has its share is turned away, so that
 * others need not wait; where nothing is left for any client, all wait.
 */
export class Admission {
  readonly #table: ConnectionTable;
  readonly #counts: ClientCounts;
  readonly #homes: ClientHomes | undefined;
  readonly #connections: number;
  /** Connections that all threads of the pool have slots for. */
  readonly #slots: number;
  readonly #bufferBytes: number;
  readonly #windows: Windows;
  /** By connection: the cells that it is counted in. */
  readonly #cells: Int32Array;
  readonly #isCounted: Uint8Array;

  constructor(
    table: ConnectionTable,
    { clientCounts, clientShare, thread, threads, bufferBytes }: AdmissionSettings,
    homes?: ClientHomes,
  ) {
    this.#table = table;
    this.#counts = new ClientCounts(clientCounts, thread);
    this.#homes = homes;
    this.#slots = threads * table.slots;
    this.#connections = clientShare.connections;
    this.#bufferBytes = bufferBytes;
    const connections = Math.min(clientShare.connections, this.#slots);
    this.#windows = new Windows({ ...clientShare, connections }, bufferBytes);
    this.#cells = new Int32Array(table.slots);
    this.#isCounted = new Uint8Array(table.slots);
  }

  /** Why no connection can be accepted now, if none can. */
  get shortage(): string | undefined {
    if (this.#table.isFull) return FULL;
    return this.#counts.open < this.#counts.allowed ? undefined : NO_DESCRIPTORS;
  }

  /** A connection of a client has been accepted. False if the client has its share: it is to be closed. */
  enter(slot: number, client: string): boolean {
    const cells = this.#counts.cellsOf(client);
    const held = this.#counts.held(cells);
    if (!this.#mayHaveOneMore(held)) {
      this.#homes?.leave(cells, this.#counts);
      return false;
    }
    this.#counts.add(cells, 1);
    this.#homes?.settle(cells);
    this.#cells[slot] = cells;
    this.#isCounted[slot] = 1;
    this.#setWindow(slot, this.#windows.of(held + 1));
    return true;
  }

  /** A connection has ended; it may never have got in. */
  leave(slot: number): void {
    if (this.#isCounted[slot] === 0) return;
    this.#isCounted[slot] = 0;
    const cells = this.#cells[slot];
    this.#counts.add(cells, -1);
    this.#homes?.leave(cells, this.#counts);
  }

  #mayHaveOneMore(held: number): boolean {
    if (this.#connections === Number.POSITIVE_INFINITY) return true;
    const left = Math.min(this.#slots, this.#counts.allowed) - this.#counts.open;
    return held < this.#connections && isWithinShare(held, left);
  }

  /** What a narrow window bounds must not wait in the kernel's queues instead: they are our memory, too. */
  #setWindow(slot: number, bytes: number): void {
    const { fd, kind, windowBytes } = this.#table;
    windowBytes[slot] = Math.min(bytes, this.#bufferBytes);
    // A send buffer is as long as the longest message, too.
    if (bytes > NARROW_BYTES || kind[slot] !== STREAM) return;
    setSendBuffer(fd[slot * 2 + CLIENT], bytes);
    setSendBuffer(fd[slot * 2 + UPSTREAM], bytes);
  }
}
