import type { CaptureSettings } from '../../../processors/capture/strategies/settings.js';
import type { CaptureObserver } from '../../../processors/observer.js';
import type { ListenerCapture, ListenerSettings } from '../relay/messages.js';
import type { CaptureChanges } from './capture-changes.js';
import type { Homed, Homes } from './homes.js';
import type { FlowEvents } from './pool-flows.js';
import type { PoolRings } from './pool-rings.js';
import type { PoolThreads } from './pool-threads.js';
import type { Tally } from './tally.js';

/** Receives what threads report of one listener, on the main thread. */
export interface ListenerEvents extends FlowEvents {
  /** The upstream has stopped answering, with the name of an errno, or answers again (undefined). */
  upstream(error: string | undefined): void;
  /** A client, of that user, may not connect to the upstream. Reported once in a while. */
  refused(user: number, reason: string): void;
  /** Descriptors of a connection were lost for want of room. Reported once. */
  descriptorsDropped(): void;
  /** A client has its share of the connections and is turned away. Reported for each client once in a while. */
  overShare(client: string): void;
  /** The strategy is at fault: nothing of the listener is captured any more. */
  captureFailed(error: string): void;
  /** A bug of ours has cost one connection. */
  fault(error: string): void;
}

/** What is captured of a listener, and who reads it. */
export interface PoolCapture {
  settings: CaptureSettings;
  observer: CaptureObserver;
  /** The number that the observer knows it by. */
  generation: number;
}

/** What a listener uses of its pool. */
export interface ListenerPool {
  readonly threads: PoolThreads;
  readonly rings: PoolRings;
  readonly changes: CaptureChanges;
  readonly homes: Homes;
}

/**
 * A socket that all threads of a pool accept on, or its home alone if all its clients are in one container, from `RelayPool.listen`
 * until its last connection has ended.
 */
export class PoolListener {
  /**
   * Resolves when it accepts no more, its last connection has closed, and its counters are final; or when all threads
   * have ended.
   */
  readonly ended: Promise<void>;
  readonly #pool: ListenerPool;
  readonly #unlistened: Tally;
  readonly #ended: Tally;
  /** The thread that accepts, or is about to, if it is one alone; and who it is to the homes. */
  #home: number | undefined;
  #homed: Homed | undefined;
  /** All threads accept. */
  #isOfAll = false;
  #isOver = false;
  #captured = Promise.resolve();
  /** The ring it is captured into, if it is. */
  #ring: number | undefined;
  #upstreamError: string | undefined;
  #hasDroppedDescriptors = false;

  /** `id`: its number in messages to and from threads. */
  constructor(
    readonly id: number,
    readonly events: ListenerEvents,
    pool: ListenerPool,
  ) {
    this.#pool = pool;
    this.#unlistened = pool.threads.tally();
    this.#ended = pool.threads.tally();
    this.ended = this.#ended.done.then(() => this.#close());
  }

  /** Accepts connections on `fd`, a listening non-blocking socket. */
  start(fd: number, settings: ListenerSettings, capture: PoolCapture | undefined): void {
    const { changes, threads } = this.#pool;
    const change = changes.number();
    const { ofThreads, ready } = this.#captureInto(capture);
    if (ofThreads !== undefined) this.#captured = changes.made(change, ready);
    const home = this.#enterHome(settings);
    this.#isOfAll = home === undefined;
    if (this.#isOfAll) this.#pool.homes.watch(this);
    threads.send({ type: 'listen', listener: this.id, fd, settings, home, change, capture: ofThreads });
  }

  /** Has another thread accept. The one that does goes on until then. */
  moveTo(thread: number): void {
    this.#home = thread;
    this.#pool.threads.all[thread].send({ type: 'home', listener: this.id, isHere: true });
  }

  /** Resolves when it is captured as it was at first to be: a strategy's module takes time to load. */
  get captured(): Promise<void> {
    return this.#captured;
  }

  /** Captures otherwise from now on, open connections included. Resolves when no thread captures as before. */
  async capture(capture: PoolCapture | undefined): Promise<void> {
    if (this.#isOver) return;
    const { changes, threads, rings } = this.#pool;
    const before = this.#ring;
    const change = changes.number();
    const { ofThreads, ready } = this.#captureInto(capture);
    const made = changes.made(change, ready);
    threads.send({ type: 'capture', listener: this.id, change, capture: ofThreads });
    await made;
    if (before !== undefined) rings.give(before, this.id);
  }

  /** Stops accepting. Once it resolves, no thread looks at the descriptor any more. `isLast`: no other listener goes on with it. */
  async unlisten(isLast = false): Promise<void> {
    const { threads } = this.#pool;
    this.#leaveHome();
    threads.send({ type: 'unlisten', listener: this.id, isLast });
    await threads.answers(this.#unlistened);
    if (this.#isOfAll) threads.send({ type: 'last_arrived', listener: this.id });
  }

  /** Closes the connections that are left. */
  cut(): void {
    this.#pool.threads.send({ type: 'cut', listener: this.id });
  }

  /** Resolves when what was captured until now is where it is read; undefined if it always is. */
  passedOn(): Promise<unknown> | undefined {
    return this.#pool.rings.passedOn();
  }

  /** A thread accepts, as it was told to: it has the listener to itself. */
  noteHome(thread: number): void {
    if (thread !== this.#home) return;
    for (const [i, other] of this.#pool.threads.all.entries())
      if (i !== thread) other.send({ type: 'home', listener: this.id, isHere: false });
  }

  /** A thread accepts on it no more. */
  noteUnlistened(thread: number): void {
    this.#unlistened.count(thread);
  }

  /** A thread has none of its connections any more, and never will. */
  noteEnded(thread: number): void {
    this.#ended.count(thread);
  }

  /** Every thread notices by itself; only the first to report something new is passed on. */
  noteUpstream(error: string | undefined): void {
    if (this.#upstreamError === error) return;
    this.#upstreamError = error;
    this.events.upstream(error);
  }

  /** As `noteUpstream`. */
  noteDescriptors(): void {
    if (this.#hasDroppedDescriptors) return;
    this.#hasDroppedDescriptors = true;
    this.events.descriptorsDropped();
  }

  /** Datagrams have a home whoever sends them: one thread alone keeps them in order. */
  #enterHome({ container, type }: ListenerSettings): number | undefined {
    if (container === undefined && type !== 'dgram') return undefined;
    const moveTo = (thread: number) => this.moveTo(thread);
    this.#homed = { container, isMovable: type !== 'dgram', events: this.events, moveTo };
    this.#home = this.#pool.homes.enter(this.#homed);
    return this.#home;
  }

  #leaveHome(): void {
    if (this.#homed !== undefined) this.#pool.homes.leave(this.#homed);
    else this.#pool.homes.unwatch(this);
    this.#homed = undefined;
  }

  #close(): void {
    this.#isOver = true;
    this.#leaveHome();
    if (this.#ring !== undefined) this.#pool.rings.give(this.#ring, this.id);
    this.#ring = undefined;
  }

  #captureInto(capture: PoolCapture | undefined): {
    ofThreads: ListenerCapture | undefined;
    ready: Promise<void>;
  } {
    this.#ring = undefined;
    if (capture === undefined) return { ofThreads: undefined, ready: Promise.resolve() };
    const { settings, generation, observer } = capture;
    const { rings } = this.#pool;
    const { ring, ready } = rings.take(this.id, settings, observer);
    this.#ring = ring;
    return { ofThreads: { ...rings.ofThreads(settings), ring, generation }, ready };
  }
}
