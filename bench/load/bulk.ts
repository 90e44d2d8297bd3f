import { randomFillSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP, SHUT_WR } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { check, EAGAIN } from '../../src/linux/errno.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { receive, send, shutdown } from '../../src/linux/socket.js';
import { Connections } from './connections.js';
import { failure } from './failure.js';
import type { BulkJob, BulkResult } from './jobs.js';
import { Meter } from './meter.js';

/**
 * The content of every stream repeats after this many bytes: a prime, so that bytes lost, doubled or moved
 * by any size a relay works in do not go unnoticed.
 */
const PERIOD = 65_521;
/** Bytes a server reads at a time: enough for few calls, and small enough for the cache. */
const READ_BYTES = 128 * 2 ** 10;
/** Bytes of each stream that are compared before anything is measured. */
const CHECKED_BYTES = 4 * 2 ** 20;

const EVENTS_A_TURN = 64;
/** If nothing moves for this long, the relay is broken. */
const STALL_MS = 5000;

/** Runs the senders and the sinks of one job. @throws Error when the relay corrupts, loses or stalls. */
export function runBulk(job: BulkJob): BulkResult {
  const connections = new Connections(job, job.connections);
  const load = new BulkLoad(connections, job.writeBytes);
  try {
    load.checkContent();
    load.runFor(job.warmUpMs);
    const meter = new Meter(job.relayPid, job.cpus);
    const received = load.receivedBytes;
    meter.start();
    load.runFor(job.measureMs);
    const usage = meter.stop();
    const bytes = load.receivedBytes - received;
    load.finish();
    return { type: 'bulk', usage, traffic: { sentBytes: load.receivedBytes, receivedBytes: 0 }, bytes };
  } finally {
    load.close();
    connections.close();
  }
}

/**
 * Clients that write as fast as they can and servers that throw away what they get, in one epoll loop.
 * Tokens: clients are 0 to n-1, server i is n+i. Descriptors are edge-triggered: an end is ready from its
 * event until a transfer comes out short, and each ready end has one transfer a turn.
 */
class BulkLoad {
  receivedBytes = 0;
  readonly #connections: Connections;
  readonly #writeBytes: number;
  readonly #epoll = new Epoll(EVENTS_A_TURN);
  readonly #pattern: NativeMemory;
  readonly #sink = new NativeMemory(READ_BYTES);
  readonly #writeHeader = new MessageHeader();
  readonly #readHeader = new MessageHeader();
  readonly #isReady: Uint8Array;
  /** Stream positions. */
  readonly #sent: Float64Array;
  readonly #received: Float64Array;
  /** Bytes left of the write under way. */
  readonly #unsent: Int32Array;
  #checks = false;
  /** Whether the clients have sent everything. */
  #isOver = false;
  #ended = 0;

  constructor(connections: Connections, writeBytes: number) {
    const { count } = connections;
    this.#connections = connections;
    this.#writeBytes = writeBytes;
    this.#pattern = patternOf(PERIOD + Math.max(writeBytes, READ_BYTES));
    this.#isReady = new Uint8Array(count * 2);
    this.#sent = new Float64Array(count);
    this.#received = new Float64Array(count);
    this.#unsent = new Int32Array(count).fill(writeBytes);
    this.#readHeader.setBuffer(this.#sink.address, READ_BYTES);
    for (let i = 0; i < count; i++) {
      check('epoll_ctl', this.#epoll.add(connections.clients[i], EPOLLOUT | EPOLLET, i, 0));
      check(
        'epoll_ctl',
        this.#epoll.add(connections.servers[i], EPOLLIN | EPOLLRDHUP | EPOLLET, count + i, 0),
      );
    }
  }

  checkContent(): void {
    this.#checks = true;
    while (this.#received.some((bytes) => bytes < CHECKED_BYTES)) this.#turn();
    this.#checks = false;
  }

  runFor(durationMs: number): void {
    const endMs = performance.now() + durationMs;
    while (performance.now() < endMs) this.#turn();
  }

  /** Ends the streams and waits until all of them have arrived whole. */
  finish(): void {
    const { clients, count } = this.#connections;
    this.#isOver = true;
    for (let i = 0; i < count; i++) {
      this.#epoll.remove(clients[i]);
      this.#isReady[i] = 0;
      check('shutdown', shutdown(clients[i], SHUT_WR));
    }
    while (this.#ended < count) this.#turn();
  }

  close(): void {
    this.#epoll.close();
  }

  #turn(): void {
    const { count } = this.#connections;
    const isReady = this.#isReady;
    const isBusy = isReady.includes(1);
    const events = this.#epoll.wait(isBusy ? 0 : STALL_MS);
    if (events === 0 && !isBusy) throw new Error(`nothing moved for ${STALL_MS} ms`);
    for (let i = 0; i < events; i++) isReady[this.#epoll.token(i)] = 1;
    for (let i = 0; i < count; i++) {
      if (isReady[i]) this.#write(i);
      if (isReady[count + i]) this.#read(i);
    }
  }

  #write(client: number): void {
    const offset = this.#sent[client] % PERIOD;
    this.#writeHeader.setBuffer(this.#pattern.address + offset, this.#unsent[client]);
    const bytes = send(this.#connections.clients[client], this.#writeHeader);
    if (bytes === -EAGAIN) {
      this.#isReady[client] = 0;
      return;
    }
    if (bytes < 0) throw failure('client send', bytes);
    this.#sent[client] += bytes;
    const unsent = this.#unsent[client] - bytes;
    this.#unsent[client] = unsent > 0 ? unsent : this.#writeBytes;
  }

  #read(server: number): void {
    const bytes = receive(this.#connections.servers[server], this.#readHeader);
    // Once the clients have sent everything there may be no further edge: read on to the end.
    const isEmpty = this.#isOver ? bytes <= 0 : bytes < READ_BYTES;
    if (isEmpty) this.#isReady[this.#connections.count + server] = 0;
    if (bytes === -EAGAIN) return;
    if (bytes === 0 && this.#isOver) {
      this.#end(server);
      return;
    }
    if (bytes <= 0) throw failure('server receive', bytes);
    if (this.#checks) this.#compare(server, bytes);
    this.#received[server] += bytes;
    this.receivedBytes += bytes;
  }

  #end(server: number): void {
    const lost = this.#sent[server] - this.#received[server];
    if (lost !== 0) throw new Error(`stream ${server}: ${lost} bytes fewer came than were sent`);
    this.#epoll.remove(this.#connections.servers[server]);
    this.#ended++;
  }

  #compare(server: number, bytes: number): void {
    const position = this.#received[server];
    const expected = Buffer.from(this.#pattern.buffer, position % PERIOD, bytes);
    if (Buffer.from(this.#sink.buffer, 0, bytes).equals(expected)) return;
    throw new Error(`stream ${server}: the ${bytes} bytes from ${position} on are not those that were sent`);
  }
}

/** Random bytes that repeat after PERIOD. */
function patternOf(length: number): NativeMemory {
  const memory = new NativeMemory(length);
  const bytes = Buffer.from(memory.buffer);
  randomFillSync(bytes, 0, PERIOD);
  for (let i = PERIOD; i < length; i += PERIOD) bytes.copy(bytes, i, 0, PERIOD);
  return memory;
}
