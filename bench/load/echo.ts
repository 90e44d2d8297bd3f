import { performance } from 'node:perf_hooks';
import { EPOLLET, EPOLLIN } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import { check, EAGAIN } from '../../src/linux/errno.js';
import { read, result, write } from '../../src/linux/libc.js';
import { Connections } from './connections.js';
import { type Content, fillMessage } from './content.js';
import { failure } from './failure.js';
import { Histogram } from './histogram.js';
import type { EchoJob, EchoResult } from './jobs.js';
import { Meter } from './meter.js';

/** Round trips with changing content before anything is measured, on all connections together, and on each at most and at least. */
const CHECKED_ROUND_TRIPS = 1024;
const CHECKED_EACH_MAX = 16;
const CHECKED_EACH_MIN = 1;

const EVENTS_A_TURN = 256;
/** Without an answer for this long, the relay is broken. */
const STALL_MS = 5000;
const NS_A_MS = 1e6;

/** Runs the clients and the echo servers of one job. @throws Error when the relay corrupts, loses or stalls. */
export function runEcho(job: EchoJob): EchoResult {
  const connections = new Connections(job, job.connections, job.silentConnections);
  const load = new EchoLoad(connections, job);
  try {
    load.checkContent();
    load.startAll();
    load.runFor(job.warmUpMs);
    const meter = new Meter(job.relayPid, job.cpus);
    load.latencies.reset();
    meter.start();
    load.runFor(job.measureMs);
    const usage = meter.stop();
    const { latencies } = load;
    const result = {
      roundTrips: latencies.total,
      latencyP50Ns: latencies.quantile(0.5),
      latencyP99Ns: latencies.quantile(0.99),
    };
    load.drain();
    const bytes = load.roundTrips * job.messageBytes;
    return { type: 'echo', usage, traffic: { sentBytes: bytes, receivedBytes: bytes }, ...result };
  } finally {
    load.close();
    connections.close();
  }
}

/**
 * Clients that each have one request under way, and servers that send back what they get, in one epoll
 * loop. Tokens: clients are 0 to n-1, server i is n+i. Descriptors are edge-triggered; a read that does
 * not fill its buffer has emptied the socket. read(2) and write(2), because they are cheaper than the
 * relay's recvmsg(2) and sendmsg(2), and the load must not be the bottleneck.
 */
class EchoLoad {
  readonly latencies = new Histogram();
  /** Answers received so far, of checks and warm-up too. */
  roundTrips = 0;
  readonly #connections: Connections;
  readonly #messageBytes: number;
  readonly #content: Content;
  readonly #epoll = new Epoll(EVENTS_A_TURN);
  readonly #message: Buffer;
  /** One byte more than an answer has, so that a whole answer is a short read and one too long shows. */
  readonly #answer: Buffer;
  readonly #echo: Buffer;
  /** Bytes of the answer that have not come yet. */
  readonly #missing: Int32Array;
  readonly #sentMs: Float64Array;
  /** Whether an answer is followed by the next request. */
  #goesOn = true;
  #nowMs = 0;

  constructor(connections: Connections, { messageBytes, content }: EchoJob) {
    this.#connections = connections;
    this.#content = content;
    this.#messageBytes = messageBytes;
    this.#missing = new Int32Array(connections.count);
    this.#sentMs = new Float64Array(connections.count);
    this.#message = Buffer.alloc(messageBytes);
    this.#answer = Buffer.alloc(messageBytes + 1);
    this.#echo = Buffer.alloc(messageBytes + 1);
    for (let i = 0; i < connections.count; i++) {
      check('epoll_ctl', this.#epoll.add(connections.clients[i], EPOLLIN | EPOLLET, i, 0));
      check(
        'epoll_ctl',
        this.#epoll.add(connections.servers[i], EPOLLIN | EPOLLET, connections.count + i, 0),
      );
    }
  }

  /** Changing content, there and back, on one connection at a time, so that mixed-up bytes show. */
  checkContent(): void {
    this.#goesOn = false;
    const { count } = this.#connections;
    const each = Math.max(
      CHECKED_EACH_MIN,
      Math.min(CHECKED_EACH_MAX, Math.floor(CHECKED_ROUND_TRIPS / count)),
    );
    for (let round = 0; round < each; round++) {
      for (let client = 0; client < count; client++) {
        fillMessage(this.#message, this.#content);
        this.#answer.fill(0);
        this.#request(client);
        while (this.#missing[client] > 0) this.#turn();
        if (this.#answer.subarray(0, this.#messageBytes).equals(this.#message)) continue;
        throw new Error(`connection ${client}: the answer is not the request`);
      }
    }
  }

  startAll(): void {
    this.#goesOn = true;
    this.#nowMs = performance.now();
    for (let client = 0; client < this.#connections.count; client++) this.#request(client);
  }

  runFor(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    while (this.#nowMs < endMs) this.#turn();
  }

  /** Waits for the answers that are still under way. */
  drain(): void {
    this.#goesOn = false;
    while (this.#missing.some((bytes) => bytes > 0)) this.#turn();
  }

  close(): void {
    this.#epoll.close();
  }

  #turn(): void {
    const count = this.#epoll.wait(STALL_MS);
    if (count === 0) throw new Error(`no answer for ${STALL_MS} ms`);
    for (let i = 0; i < count; i++) {
      const token = this.#epoll.token(i);
      if (token < this.#connections.count) this.#receiveAnswer(token);
      else this.#serve(token - this.#connections.count);
    }
  }

  #request(client: number): void {
    this.#missing[client] = this.#messageBytes;
    this.#sentMs[client] = this.#nowMs;
    const sent = result(write(this.#connections.clients[client], this.#message, this.#messageBytes));
    if (sent !== this.#messageBytes) throw failure('client write', sent);
  }

  #receiveAnswer(client: number): void {
    const missing = this.#missing[client];
    // A piece of an answer is put in its place; a whole answer, the usual case, needs no new view.
    const into = missing === this.#messageBytes ? this.#answer : this.#answer.subarray(-1 - missing);
    const bytes = result(read(this.#connections.clients[client], into, missing + 1));
    if (bytes === -EAGAIN) return;
    if (bytes <= 0) throw failure('client read', bytes);
    if (bytes > missing)
      throw new Error(`connection ${client}: ${bytes - missing} bytes more than were sent`);
    this.#missing[client] = missing - bytes;
    if (bytes === missing) this.#complete(client);
  }

  #complete(client: number): void {
    this.#nowMs = performance.now();
    this.latencies.record((this.#nowMs - this.#sentMs[client]) * NS_A_MS);
    this.roundTrips++;
    if (this.#goesOn) this.#request(client);
  }

  #serve(server: number): void {
    const fd = this.#connections.servers[server];
    const bytes = result(read(fd, this.#echo, this.#messageBytes + 1));
    if (bytes === -EAGAIN) return;
    if (bytes <= 0) throw failure('server read', bytes);
    const sent = result(write(fd, this.#echo, bytes));
    if (sent !== bytes) throw failure('server write', sent);
  }
}
