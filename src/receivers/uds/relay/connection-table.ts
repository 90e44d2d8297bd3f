/*
 * Connections as a structure of arrays. A connection is a slot; each slot has two ends:
 *
 *   end 2s   = CLIENT    the container's socket, accepted
 *   end 2s+1 = UPSTREAM  the host service's socket, connected
 *
 * `end ^ 1` is the other end. A direction is named after the end its bytes come from, so what was read at
 * an end and could not be written to the other yet (`pending…`) belongs to the end it was read from.
 * `generation` changes whenever a slot is freed: events of an earlier connection do not match.
 */
import { NO_CLIENT } from './clients.js';

export const CLIENT = 0;
export const UPSTREAM = 1;

/** Nothing more will be read from this end: end of stream, or the other end takes no more. */
export const READ_DONE = 1;
/** The peer has shut down its sending side; there may be no further edge, so read on to the end. */
export const PEER_FINISHED = 2;
/** The peer has closed its socket: nothing can be delivered to it any more. */
export const PEER_CLOSED = 4;
/** An urgent byte is in the stream; a read ends early before it, so read on until nothing is left. */
export const URGENT = 8;
/** The client is watched while it waits for its upstream. */
export const WATCHED = 32;
/** What is left to read from this end has no taker. It is read out, or a remote that waits to write would wait for ever. */
export const DISCARDING = 16;

const FREE = 0;
const CONNECTING = 1;
const ESTABLISHED = 2;

/** What moves the bytes of a connection: the forwarder of streams, that of messages, or that of datagrams. */
export const STREAM = 0;
export const MESSAGES = 1;
export const DATAGRAMS = 2;

export type ConnectionKind = typeof STREAM | typeof MESSAGES | typeof DATAGRAMS;

export const NO_BUFFER = -1;
export const NO_ROW = -1;
/** As of `looks`. */
export const LOOK_ALWAYS = 255;
/** As of `namings`. */
export const NAME_ALWAYS = 255;
/** Standard input's number is never a connection's. */
export const NO_FD = 0;

/** Descriptors that are no connection's; those beyond are lost with a thread that fails. */
const OTHERS = 1024;

/** Shared memory for the descriptors of so many connections, and for others. The main thread closes those of a thread that has failed. */
export function allocateDescriptors(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer((slots * 2 + OTHERS) * Int32Array.BYTES_PER_ELEMENT);
}

/** (uid_t) -1, which no user has. */
export const NO_SENDER = 0xffff_ffff;

export class ConnectionTable {
  /** NO_FD in slots that are free. */
  readonly fd: Int32Array;
  readonly flags: Uint8Array;
  readonly pendingBuffer: Int32Array;
  readonly pendingOffset: Int32Array;
  readonly pendingBytes: Int32Array;
  /** How many descriptors came with the pending bytes, or with those that are sent just now; none once the first byte is sent. */
  readonly pendingDescriptors: Uint8Array;
  /** For how many reads it is looked first where descriptors are, or LOOK_ALWAYS; as of the reader. */
  readonly looks: Uint8Array;
  /** Bytes from an end that the other one has not taken, and never will. */
  readonly lostBytes: Float64Array;

  readonly generation: Int32Array;
  readonly listener: Int32Array;
  /** Index of the first counter of the row that the connection is counted in, NO_ROW until it is. */
  readonly row: Int32Array;
  /** Number of the client, as of Clients. */
  readonly client: Int32Array;
  /** The user and group that messages to the upstream come from: the client's, or NO_SENDER for the relay's own. */
  readonly senderUid: Uint32Array;
  readonly senderGid: Uint32Array;
  /** The process that they come from: the client's, as long as it is known to be there, or 0 for the relay's own. */
  readonly senderPid: Int32Array;
  /** How many more messages to the upstream name their sender at least, or NAME_ALWAYS; as of the sender. */
  readonly namings: Uint8Array;
  /** When the client's process was certainly there, in monotonic ms. */
  readonly clientSeenMs: Float64Array;
  /** The same of the upstream, for messages to a client that may ask who sends each; NO_SENDER if it does not, or sees the same anyway. */
  readonly serverUid: Uint32Array;
  readonly serverGid: Uint32Array;
  readonly serverPid: Int32Array;
  /** 1 if the relay was connected as the client, and says so of its messages. */
  readonly speaksForClients: Uint8Array;
  /** Of ConnectionKind. */
  readonly kind: Uint8Array;
  /** 1 once the connection counts as an error: it does so once, for the first reason. */
  readonly failed: Uint8Array;
  /**
   * By end: when bytes of it last went somewhere, in monotonic ms. 0: never. Where no idle timeout is set, the time is not
   * known, and any other number stands for it.
   */
  readonly lastMovedMs: Float64Array;
  /** When it was accepted, in monotonic ms, kept only where an idle timeout is set. */
  readonly acceptedMs: Float64Array;
  readonly idleTimeoutMs: Float64Array;
  /** How many bytes may be read at a time. */
  readonly windowBytes: Int32Array;

  readonly #state: Uint8Array;
  readonly #free: Int32Array;
  #freeCount: number;

  /** One word: slots that are taken, and those that other threads have reserved for connections that are on their way. */
  readonly #taken: Int32Array;

  /** `descriptors`: memory for `fd`. `taken`: a word that other threads see. */
  constructor(
    readonly slots: number,
    descriptors = allocateDescriptors(slots),
    taken: Int32Array = new Int32Array(1),
  ) {
    this.#taken = taken;
    const ends = slots * 2;
    this.fd = new Int32Array(descriptors);
    this.flags = new Uint8Array(ends);
    this.pendingBuffer = new Int32Array(ends).fill(NO_BUFFER);
    this.pendingOffset = new Int32Array(ends);
    this.pendingBytes = new Int32Array(ends);
    this.pendingDescriptors = new Uint8Array(ends);
    this.looks = new Uint8Array(ends);
    this.lostBytes = new Float64Array(ends);
    this.generation = new Int32Array(slots);
    this.#state = new Uint8Array(slots).fill(FREE);
    this.listener = new Int32Array(slots);
    this.row = new Int32Array(slots);
    this.client = new Int32Array(slots);
    this.senderUid = new Uint32Array(slots);
    this.senderGid = new Uint32Array(slots);
    this.senderPid = new Int32Array(slots);
    this.namings = new Uint8Array(slots);
    this.clientSeenMs = new Float64Array(slots);
    this.speaksForClients = new Uint8Array(slots);
    this.kind = new Uint8Array(slots);
    this.serverUid = new Uint32Array(slots);
    this.serverGid = new Uint32Array(slots);
    this.serverPid = new Int32Array(slots);
    this.failed = new Uint8Array(slots);
    this.lastMovedMs = new Float64Array(ends);
    this.acceptedMs = new Float64Array(slots);
    this.idleTimeoutMs = new Float64Array(slots);
    this.windowBytes = new Int32Array(slots);
    // Low slots are handed out first, so that a quiet thread touches few pages of these arrays.
    this.#free = Int32Array.from({ length: slots }, (_, i) => slots - 1 - i);
    this.#freeCount = slots;
  }

  get count(): number {
    return this.slots - this.#freeCount;
  }

  /** Whether there is no slot left but for what is on its way. */
  get isFull(): boolean {
    return Atomics.load(this.#taken, 0) >= this.slots || !this.hasSlot;
  }

  /** Whether there is one for what has been on its way. */
  get hasSlot(): boolean {
    return this.#freeCount > 0;
  }

  isOpen(slot: number): boolean {
    return this.#state[slot] !== FREE;
  }

  isConnecting(slot: number): boolean {
    return this.#state[slot] === CONNECTING;
  }

  isEstablished(slot: number): boolean {
    return this.#state[slot] === ESTABLISHED;
  }

  /** Both ends are connected: bytes may flow. */
  establish(slot: number): void {
    this.#state[slot] = ESTABLISHED;
  }

  /** Takes a slot for a connection. Legal only while not full. */
  allocate(client: number, upstream: number, listener: number, kind: ConnectionKind = STREAM): number {
    Atomics.add(this.#taken, 0, 1);
    return this.allocateReserved(client, upstream, listener, kind);
  }

  /** The same for a connection that has come from another thread. Legal only while there is a slot. */
  allocateReserved(client: number, upstream: number, listener: number, kind: ConnectionKind): number {
    const slot = this.#free[--this.#freeCount];
    const end = slot * 2;
    this.fd[end + CLIENT] = client;
    this.fd[end + UPSTREAM] = upstream;
    this.flags[end + CLIENT] = 0;
    this.flags[end + UPSTREAM] = 0;
    this.lostBytes[end + CLIENT] = 0;
    this.lostBytes[end + UPSTREAM] = 0;
    this.lastMovedMs[end + CLIENT] = 0;
    this.lastMovedMs[end + UPSTREAM] = 0;
    this.listener[slot] = listener;
    this.row[slot] = NO_ROW;
    this.client[slot] = NO_CLIENT;
    this.senderUid[slot] = NO_SENDER;
    this.namings[slot] = 0;
    this.clientSeenMs[slot] = Number.NEGATIVE_INFINITY;
    this.speaksForClients[slot] = 0;
    this.kind[slot] = kind;
    this.serverUid[slot] = NO_SENDER;
    this.failed[slot] = 0;
    this.#state[slot] = CONNECTING;
    return slot;
  }

  /** A descriptor that is no connection's is open from now on. */
  keep(fd: number): void {
    const place = this.fd.indexOf(NO_FD, this.slots * 2);
    if (place >= 0) this.fd[place] = fd;
  }

  /** It is about to be closed. */
  letGo(fd: number): void {
    const place = this.fd.indexOf(fd, this.slots * 2);
    if (place >= 0) this.fd[place] = NO_FD;
  }

  release(slot: number): void {
    this.#state[slot] = FREE;
    this.generation[slot] = (this.generation[slot] + 1) | 0;
    this.#free[this.#freeCount++] = slot;
    Atomics.sub(this.#taken, 0, 1);
  }
}
