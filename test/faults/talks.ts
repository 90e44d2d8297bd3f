import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Cleanup } from '../support/cleanup.js';
import { randomNumbers } from '../support/pattern.js';
import { RawListener, RawStream } from '../support/raw-stream.js';
import { Party } from './party.js';

/** A client says first which conversation it is of, in so many bytes: the server has no other way to know. */
const NUMBER_BYTES = 4;

/** No conversation is so long: one that is still there then has been forgotten by the relay. */
const STUCK_MS = 30_000;

const PATTERNS = 16;

interface Talk {
  readonly number: number;
  readonly startedMs: number;
  readonly own: Cleanup;
  readonly random: () => number;
  readonly stream: RawStream;
  greeted: number;
  client: Party | undefined;
  server: Party | undefined;
}

/** A connection that the upstream has accepted, and does not know the number of yet. */
interface Stranger {
  readonly stream: RawStream;
  readonly own: Cleanup;
  number: Buffer;
}

export interface TalkCounts {
  /** Connections made to the relay. */
  connected: number;
  /** Conversations in which both ends have spoken. */
  paired: number;
  /** Of these, directions in which somebody heard all that was said, and it was all that was said. */
  complete: number;
  /** Clients whose upstream was gone before it knew them. */
  unserved: number;
  bytes: number;
}

export interface TalkSettings {
  /** Where clients connect. */
  readonly relay: string;
  /** Where the upstream listens. */
  readonly upstream: string;
  readonly seed: number;
  /** Conversations at a time. */
  readonly atATime: number;
  /** Whether no more are to begin. */
  isOver(begun: number): boolean;
}

/** Carries on conversations through the relay, byte by byte what they ought to be. */
export class Talks {
  readonly counts: TalkCounts = { connected: 0, paired: 0, complete: 0, unserved: 0, bytes: 0 };
  /** What was wrong, the first of it. */
  readonly failures: string[] = [];
  readonly #settings: TalkSettings;
  readonly #talks = new Map<number, Talk>();
  readonly #strangers = new Set<Stranger>();
  #listener: RawListener;
  #listenerCleanup = new Cleanup();
  #begun = 0;

  constructor(settings: TalkSettings) {
    this.#settings = settings;
    this.#listener = RawListener.listen(settings.upstream, this.#listenerCleanup);
  }

  /** The upstream's socket is made anew, as a service does that restarts: who waits to be accepted is lost. */
  async restartUpstream(remove: (path: string) => void): Promise<void> {
    await this.#listenerCleanup.run();
    remove(this.#settings.upstream);
    this.#listenerCleanup = new Cleanup();
    this.#listener = RawListener.listen(this.#settings.upstream, this.#listenerCleanup);
  }

  /** Until no more are to begin and all that have begun are over. */
  async run(): Promise<void> {
    while (!this.#settings.isOver(this.#begun) || this.#talks.size > 0) {
      if (!this.#turn()) await nextTurn();
      else if (this.#begun % 64 === 0) await nextTurn();
    }
    for (const stranger of [...this.#strangers]) await this.#dismiss(stranger);
    await this.#listenerCleanup.run();
  }

  #turn(): boolean {
    let hasMoved = this.#begin();
    hasMoved = this.#accept() || hasMoved;
    for (const stranger of this.#strangers) hasMoved = this.#ask(stranger) || hasMoved;
    for (const talk of this.#talks.values()) hasMoved = this.#go(talk) || hasMoved;
    return hasMoved;
  }

  #begin(): boolean {
    const { isOver, relay, atATime } = this.#settings;
    if (isOver(this.#begun) || this.#talks.size >= atATime) return false;
    const own = new Cleanup();
    const stream = RawStream.tryConnect(relay, own);
    if (typeof stream === 'string') {
      if (stream !== 'EAGAIN') this.#fail(`connect: ${stream}`);
      return false;
    }
    this.counts.connected++;
    const number = this.#begun++;
    const random = randomNumbers(this.#settings.seed + number);
    const startedMs = performance.now();
    const talk = { number, startedMs, own, random, stream, greeted: 0, client: undefined, server: undefined };
    this.#talks.set(number, talk);
    return true;
  }

  #accept(): boolean {
    const own = new Cleanup();
    const stream = this.#listener.tryAccept(own);
    if (stream === undefined) return false;
    this.#strangers.add({ stream, own, number: Buffer.alloc(0) });
    return true;
  }

  #ask(stranger: Stranger): boolean {
    const received = stranger.stream.receive(NUMBER_BYTES - stranger.number.length);
    if (received === 'EAGAIN') return false;
    if (typeof received === 'string') {
      void this.#dismiss(stranger);
      return true;
    }
    stranger.number = Buffer.concat([stranger.number, received]);
    if (stranger.number.length < NUMBER_BYTES) return true;
    this.#strangers.delete(stranger);
    const talk = this.#talks.get(stranger.number.readUInt32LE());
    if (talk === undefined || talk.server !== undefined) {
      this.#fail(`a server was told number ${stranger.number.readUInt32LE()}, which nobody has said to it`);
      void stranger.own.run();
      return true;
    }
    talk.own.defer(() => stranger.stream.close());
    talk.server = new Party(stranger.stream, talk.random, seedsOf(talk.number, false));
    this.counts.paired++;
    return true;
  }

  #go(talk: Talk): boolean {
    try {
      return this.#step(talk);
    } catch (error) {
      this.#fail(`conversation ${talk.number}: ${(error as Error).message}`);
      void this.#end(talk);
      return true;
    }
  }

  #step(talk: Talk): boolean {
    let hasMoved = talk.client === undefined && this.#greet(talk);
    hasMoved = (talk.client !== undefined && !talk.client.isOver && talk.client.step()) || hasMoved;
    hasMoved = (talk.server !== undefined && !talk.server.isOver && talk.server.step()) || hasMoved;
    if (this.#isOver(talk)) {
      this.#judge(talk);
      void this.#end(talk);
    } else if (!hasMoved && performance.now() - talk.startedMs > STUCK_MS) {
      this.#fail(`conversation ${talk.number} is stuck: ${describe(talk)}`);
      void this.#end(talk);
    }
    return hasMoved;
  }

  #greet(talk: Talk): boolean {
    const number = Buffer.alloc(NUMBER_BYTES);
    number.writeUInt32LE(talk.number);
    const sent = talk.stream.send(number.subarray(talk.greeted));
    if (sent === 'EAGAIN') return false;
    // Its upstream is gone already: it still has an end to hear.
    talk.greeted = typeof sent === 'number' ? talk.greeted + sent : NUMBER_BYTES;
    if (talk.greeted === NUMBER_BYTES) {
      talk.client = new Party(talk.stream, talk.random, seedsOf(talk.number, true));
    }
    return true;
  }

  /** A client that has left may have been accepted all the same, a moment later: its server is waited for. */
  #isOver({ client, server, startedMs }: Talk): boolean {
    if (client === undefined || !client.isOver) return false;
    if (server !== undefined) return server.isOver;
    return client.received === 0 && performance.now() - startedMs > 2_000;
  }

  #judge({ number, client, server }: Talk): void {
    if (client === undefined) return;
    if (server === undefined) {
      this.counts.unserved++;
      return;
    }
    this.counts.bytes += client.received + server.received;
    for (const [end, other, name] of [
      [client, server, 'client'],
      [server, client, 'server'],
    ] as const) {
      if (end.received > other.sent) this.#fail(`the ${name} of ${number} got more than was sent to it`);
      if (!end.hearsAll) continue;
      if (end.received === other.sent) this.counts.complete++;
      else
        this.#fail(`the ${name} of ${number} got ${end.received} of ${other.sent} bytes (${other.manner})`);
    }
  }

  async #end(talk: Talk): Promise<void> {
    this.#talks.delete(talk.number);
    await talk.own.run();
  }

  async #dismiss(stranger: Stranger): Promise<void> {
    this.#strangers.delete(stranger);
    await stranger.own.run();
  }

  #fail(what: string): void {
    this.failures.push(what);
  }
}

function seedsOf(number: number, isClient: boolean): { out: number; in: number } {
  const own = 1 + (number % PATTERNS);
  return isClient ? { out: own, in: own + PATTERNS } : { out: own + PATTERNS, in: own };
}

function describe({ client, server, greeted }: Talk): string {
  const one = (party: Party | undefined) =>
    party === undefined
      ? 'never came'
      : `${party.manner}, sent ${party.sent}, received ${party.received}, ${party.isOver ? 'over' : 'not over'}`;
  return `client ${one(client)} (greeted ${greeted}); server ${one(server)}`;
}
