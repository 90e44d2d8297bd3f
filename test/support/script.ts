import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EPOLLHUP, EPOLLIN, EPOLLRDHUP, SHUT_WR } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import type { Cleanup } from './cleanup.js';
import { eventually } from './eventually.js';
import { Pattern } from './pattern.js';
import type { RawStream } from './raw-stream.js';

/*
 * Scripts of what the two ends of some connections do, and what each end can observe after every step.
 */

const SHUT_RDWR = 2;
const CONNECTIONS = 3;

/** Less than a socket holds, so that no write depends on how much a relay holds beside. */
const OUTSTANDING_BYTES_MAX = 60_000;

type Operation = 'write' | 'read' | 'shutdownWrite' | 'shutdownBoth' | 'close';

export interface Action {
  connection: number;
  /** 0: the client, 1: the server. */
  end: number;
  operation: Operation;
  /** Of a write or read. */
  bytes: number;
}

const operation = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Operation>('write') },
  { weight: 8, arbitrary: fc.constant<Operation>('read') },
  { weight: 2, arbitrary: fc.constant<Operation>('shutdownWrite') },
  { weight: 1, arbitrary: fc.constant<Operation>('shutdownBoth') },
  { weight: 2, arbitrary: fc.constant<Operation>('close') },
);

/** Sizes around the relay's buffer of 4 KiB come often. */
const size = fc.oneof(
  fc.integer({ min: 1, max: 20_000 }),
  fc.constantFrom(1, 4095, 4096, 4097, 8192, 12_288),
);

export const script: fc.Arbitrary<Action[]> = fc.array(
  fc.record({
    connection: fc.integer({ min: 0, max: CONNECTIONS - 1 }),
    end: fc.integer({ min: 0, max: 1 }),
    operation,
    bytes: size,
  }),
  { maxLength: 40 },
);

/** One end that remembers how it ended, and checks every byte it reads. */
class Actor {
  readonly #pattern: Pattern;
  #ended = false;
  #closed = false;

  constructor(
    readonly stream: RawStream,
    readonly seed: number,
    peerSeed: number,
  ) {
    this.#pattern = new Pattern(peerSeed);
  }

  write(bytes: number, outstanding: number): string {
    if (this.#closed) return 'closed';
    const length = Math.min(bytes, OUTSTANDING_BYTES_MAX - outstanding);
    if (length <= 0) return 'enough';
    return String(this.stream.send(new Pattern(this.seed).bytes(this.stream.sent, length)));
  }

  read(bytes: number): string {
    if (this.#closed || this.#ended) return this.#closed ? 'closed' : 'ended';
    const position = this.stream.received;
    const received = this.stream.receive(bytes);
    if (typeof received === 'string') return this.#note(received);
    this.#pattern.check(received, position);
    return `${received.length}`;
  }

  shutdown(how: number): string {
    if (!this.#closed) this.stream.shutdown(how);
    return '';
  }

  close(): string {
    this.#closed = true;
    this.stream.close();
    return '';
  }

  /** What there is to read, and what poll(2) says about the peer. */
  observe(poll: (fd: number) => number): string {
    if (this.#closed) return 'closed';
    const peeked = this.#ended ? 'EOF' : this.stream.peek();
    const readable = typeof peeked === 'string' ? this.#note(peeked) : `${peeked.length}`;
    const events = poll(this.stream.fd);
    return `${readable}${events & EPOLLRDHUP ? ' RDHUP' : ''}${events & EPOLLHUP ? ' HUP' : ''}`;
  }

  /** A reset tells of bytes the peer never read; a relay has read them, so it shows the end without it. */
  #note(answer: string): string {
    if (answer !== 'EOF' && answer !== 'ECONNRESET') return answer;
    this.#ended = true;
    return 'ended';
  }
}

/** A script being carried out over connections that somebody made. */
export class Stage {
  readonly #pairs: Actor[][];
  readonly #cleanup: Cleanup;

  constructor(pairs: { client: RawStream; server: RawStream }[], cleanup: Cleanup) {
    this.#cleanup = cleanup;
    this.#pairs = pairs.map(({ client, server }, index) => {
      const seeds = [2 * index + 1, 2 * index + 2];
      return [new Actor(client, seeds[0], seeds[1]), new Actor(server, seeds[1], seeds[0])];
    });
  }

  static readonly connections = CONNECTIONS;

  /** Does it; the answer is the kernel's. */
  act({ connection, end, operation: what, bytes }: Action): string {
    const actor = this.#pairs[connection][end];
    const peer = this.#pairs[connection][1 - end];
    switch (what) {
      case 'write':
        return actor.write(bytes, actor.stream.sent - peer.stream.received);
      case 'read':
        return actor.read(bytes);
      case 'shutdownWrite':
        return actor.shutdown(SHUT_WR);
      case 'shutdownBoth':
        return actor.shutdown(SHUT_RDWR);
      case 'close':
        return actor.close();
    }
  }

  observe(): string {
    return this.#pairs
      .map((pair) => pair.map((actor) => actor.observe((fd) => this.#poll(fd))).join(' | '))
      .join('\n');
  }

  /** Waits until what is observed is `expected`. */
  async reaches(expected: string, after: string): Promise<void> {
    let seen = '';
    await eventually(
      `both ends see the same as directly after ${after}`,
      () => {
        seen = this.observe();
        return seen === expected;
      },
      () => ({ expected, seen }),
    );
  }

  /** Bytes the clients and the servers have sent. */
  sent(): number[] {
    return [0, 1].map((end) => this.#pairs.reduce((sum, pair) => sum + pair[end].stream.sent, 0));
  }

  end(): void {
    for (const actor of this.#pairs.flat()) actor.close();
  }

  #poll(fd: number): number {
    const epoll = this.#epoll();
    assert.equal(epoll.add(fd, EPOLLIN | EPOLLRDHUP, 0, 0), 0);
    const events = epoll.wait(0) === 1 ? epoll.events(0) : 0;
    epoll.remove(fd);
    return events;
  }

  #shared: Epoll | undefined;
  #epoll(): Epoll {
    if (this.#shared === undefined) {
      const epoll = new Epoll(1);
      this.#cleanup.defer(() => epoll.close());
      this.#shared = epoll;
    }
    return this.#shared;
  }
}
