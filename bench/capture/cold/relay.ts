import * as libc from '../../../src/linux/libc.js';
import { NativeMemory } from '../../../src/linux/memory.js';
import { close, receiveBytes, sendBytes } from '../../../src/linux/socket.js';
import { request } from '../operations.js';
import { TappedConnections } from '../tapped-connections.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const CLOCK_THREAD_CPUTIME_ID = 3;
const BUFFER_BYTES = 64 * 1024;

/**
 * Relays messages between pairs of sockets, in turns, as a relay thread does: a receive, a send, and what is captured. The kernel's work
 * between two operations leaves as little of the tap in the caches as it does there.
 */
export class ColdRelay {
  readonly tapped: TappedConnections;
  readonly #connections: number;
  readonly #bytes: number;
  /** By end: what its peer has, what the relay has. */
  readonly #peers: number[] = [];
  readonly #ends: number[] = [];
  readonly #source = new NativeMemory(BUFFER_BYTES);
  readonly #buffer = new NativeMemory(BUFFER_BYTES + 1);
  readonly #sink = new NativeMemory(BUFFER_BYTES);
  readonly #time = new NativeMemory(16);
  readonly #timeWords = new Uint32Array(this.#time.buffer);

  constructor(connections: number, bytes: number, maxBytes: number) {
    this.tapped = new TappedConnections(connections, {
      strategy: { type: 'size_limit', maxBytes },
      directions: ['send', 'recv'],
      tailBytes: 64,
    });
    this.#connections = connections;
    this.#bytes = bytes;
    request(bytes).copy(this.#source.bytes);
    for (const slot of this.tapped.slots) {
      for (let end = 2 * slot; end < 2 * slot + 2; end++) [this.#peers[end], this.#ends[end]] = socketPair();
    }
  }

  /** Passes on one message of each connection, in that direction: ns of this thread that it took for each. */
  turn(direction: number, isCaptured: boolean): number {
    const { slots, taps } = this.tapped;
    for (const slot of slots) sendBytes(this.#peers[2 * slot + direction], this.#source.address, this.#bytes);
    const startNs = this.#cpuNs();
    this.tapped.capturing.clock.waited();
    for (let i = 0; i < slots.length; i++) {
      const end = 2 * slots[i] + direction;
      const bytes = receiveBytes(this.#ends[end], this.#buffer.address, BUFFER_BYTES);
      sendBytes(this.#ends[end ^ 1], this.#buffer.address, bytes);
      const tap = isCaptured ? taps.ofEnd[end] : undefined;
      if (tap !== undefined) taps.observe(tap, end, this.#buffer, bytes);
    }
    const endNs = this.#cpuNs();
    for (const slot of slots) {
      const bytes = receiveBytes(this.#peers[2 * slot + 1 - direction], this.#sink.address, BUFFER_BYTES);
      if (bytes !== this.#bytes) throw new Error(`${bytes} bytes have come, not ${this.#bytes}`);
    }
    return (endNs - startNs) / this.#connections;
  }

  close(): void {
    for (const fd of [...this.#peers, ...this.#ends]) close(fd);
  }

  #cpuNs(): number {
    libc.clockGetTime(CLOCK_THREAD_CPUTIME_ID, this.#time.address);
    return this.#timeWords[0] * 1e9 + this.#timeWords[2];
  }
}

function socketPair(): [number, number] {
  const pair = new Int32Array(2);
  if (libc.socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) throw new Error('socketpair failed');
  return [pair[0], pair[1]];
}
