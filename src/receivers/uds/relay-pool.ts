import type { CaptureSettings } from '../../processors/capture/strategies/settings.js';
import type { CaptureObserver } from '../../processors/observer.js';
import { PoolClients } from './pool-clients.js';
import { type LaneEvents, type PoolLane, PoolLanes } from './pool-lanes.js';
import { PoolRings } from './pool-rings.js';
import { counterRow } from './relay/counters.js';
import { SPILL_ROW } from './relay/lanes.js';
import { FULL, type ListenerCapture, type ListenerSettings, type RelayReport } from './relay/messages.js';
import { RelayThread, type RelayThreadSettings } from './relay-thread.js';
import { Tally } from './tally.js';

export type RelayPoolSettings = RelayThreadSettings;

/** What a pool has to say; `listener` is what `listen` returned. */
export interface RelayPoolEvents {
  upstream(listener: number, error: string | undefined): void;
  accepting(paused: string | undefined): void;
  /** A client has its share of the connections, and is turned away. Said of each once in a while. */
  overShare?(listener: number, client: string): void;
  fault(listener: number, error: string): void;
  /** Nothing of it is captured any more: its strategy is at fault. Each thread says so for itself. */
  captureFailed(listener: number, error: string): void;
  /** What a strategy's module left to run by itself has failed. Each thread says so once. */
  strayed(error: string): void;
  /** A thread died of a bug: its connections are lost, and so is the pool. */
  died(error: unknown): void;
}

/** What is captured of a listener, and who reads it. */
export interface PoolCapture {
  settings: CaptureSettings;
  observer: CaptureObserver;
  /** Of whom it is read: records carry other numbers when that changes. */
  registration: number;
}

interface PoolListener {
  lanes: LaneEvents;
  unlistened: Tally;
  ended: Tally;
  /** Resolves when it is captured as it was at first to be. */
  captured: Promise<void>;
  /** The ring it is captured into, if it is. */
  ring: number | undefined;
  upstreamError: string | undefined;
}

/** Relay threads that share the same listeners. */
export class RelayPool {
  readonly #threads: RelayThread[] = [];
  readonly #listeners = new Map<number, PoolListener>();
  readonly #lanes: PoolLanes;
  readonly #rings: PoolRings;
  readonly #clients: PoolClients;
  readonly #events: RelayPoolEvents;
  readonly #started: Tally;
  /** Why each thread does not accept at present, if it does not. */
  readonly #pauses: (string | undefined)[];
  #pause: string | undefined;
  /** Resolves when a thread has ended before its time; nothing it owed will come then. */
  #broken!: Promise<void>;
  #nextListener = 0;
  /** Changes of what is captured that threads have not made yet. */
  readonly #changes = new Map<number, Tally>();
  #nextChange = 0;

  private constructor(
    readonly settings: RelayPoolSettings,
    events: RelayPoolEvents,
  ) {
    this.#rings = new PoolRings(this.#threads);
    this.#clients = new PoolClients(settings.threads);
    this.#events = events;
    this.#started = new Tally(settings.threads);
    this.#pauses = new Array(settings.threads).fill(undefined);
    this.#lanes = new PoolLanes(this.#threads);
  }

  /** Starts the threads and waits until all of them run. @throws Error, with no thread left running. */
  static async start(settings: RelayPoolSettings, events: RelayPoolEvents): Promise<RelayPool> {
    const pool = new RelayPool(settings, events);
    try {
      await pool.#startThreads();
    } catch (error) {
      await pool.exit();
      throw error;
    }
    pool.#clients.open();
    pool.#broken = Promise.all(pool.#threads.map((thread) => thread.ended)).then(
      () => {},
      (error: unknown) => events.died(error),
    );
    void pool.#broken.then(() => {
      pool.#rings.close();
      pool.#clients.close();
    });
    return pool;
  }

  /** Accepts connections on `fd`, a listening non-blocking socket; returns the listener's number. */
  listen(fd: number, settings: ListenerSettings, lanes: LaneEvents, capture?: PoolCapture): number {
    const listener = this.#nextListener++;
    const { threads } = this.settings;
    const change = this.#nextChange++;
    this.#listeners.set(listener, {
      lanes,
      unlistened: new Tally(threads),
      ended: new Tally(threads),
      upstreamError: undefined,
      captured: capture === undefined ? Promise.resolve() : this.#changed(change),
      ring: undefined,
    });
    const command = { type: 'listen', listener, fd, settings, change } as const;
    const ofThreads = this.#captureInto(listener, capture);
    for (const thread of this.#threads) thread.send({ ...command, capture: ofThreads });
    return listener;
  }

  /**
   * Captures a listener's connections otherwise from now on, those that are open included. Resolves when no
   * thread captures them as before.
   */
  async capture(listener: number, capture: PoolCapture | undefined): Promise<void> {
    const entry = this.#listener(listener);
    const before = entry.ring;
    const change = this.#nextChange++;
    const changed = this.#changed(change);
    const ofThreads = this.#captureInto(listener, capture);
    const command = { type: 'capture', listener, change, capture: ofThreads } as const;
    for (const thread of this.#threads) thread.send(command);
    await changed;
    if (before !== undefined) this.#rings.give(before);
  }

  /** Resolves when a listener is captured as `listen` was told: a strategy of one's own takes time to load. */
  captured(listener: number): Promise<void> {
    return this.#listener(listener).captured;
  }

  /** Resolves when the threads have ended, each in whatever way. */
  get over(): Promise<void> {
    return this.#broken;
  }

  /** Stops accepting; once it resolves no thread looks at the descriptor any more. */
  async unlisten(listener: number): Promise<void> {
    const { unlistened } = this.#listener(listener);
    for (const thread of this.#threads) thread.send({ type: 'unlisten', listener });
    await Promise.race([unlistened.done, this.#broken]);
  }

  /** Resolves when an unlistened listener's last connection has closed and its counters are final. */
  ended(listener: number): Promise<void> {
    return Promise.race([this.#listener(listener).ended.done, this.#broken]);
  }

  /** Closes what is left of a listener's connections. */
  cut(listener: number): void {
    for (const thread of this.#threads) thread.send({ type: 'cut', listener });
  }

  /** Has a lane end with its last connection; who comes next has a new one. */
  closeLane(lane: PoolLane): void {
    this.#lanes.close(lane);
  }

  /** What found no row of its own is counted in these, one of each thread. */
  get spillRows(): Float64Array[] {
    return this.#threads.map(({ counters }) => counterRow(counters, SPILL_ROW));
  }

  /** Connections that could not be attributed, by the index of UNATTRIBUTED_REASONS, one row of each thread. */
  get unattributedRows(): Float64Array[] {
    return this.#threads.map(({ unattributed }) => new Float64Array(unattributed));
  }

  /** Hears now what threads have reported so far. */
  hearAll(): void {
    for (const thread of this.#threads) thread.hearAll();
  }

  /** Forgets an ended listener. */
  forget(listener: number): void {
    const { ring } = this.#listener(listener);
    if (ring !== undefined) this.#rings.give(ring);
    this.#listeners.delete(listener);
  }

  /** Lets the threads end once they have no listener and no connection left. */
  async leave(): Promise<void> {
    this.#clients.close();
    for (const thread of this.#threads) thread.send({ type: 'leave' });
    await this.#broken;
  }

  /** Closes everything at once. */
  async exit(): Promise<void> {
    for (const thread of this.#threads) thread.exit();
    await Promise.allSettled(this.#threads.map((thread) => thread.ended));
  }

  async #startThreads(): Promise<void> {
    for (let i = 0; i < this.settings.threads; i++) {
      const place = { thread: i, clientCounts: this.#clients.memory };
      const thread = new RelayThread(this.settings, place, (report) => this.#hear(i, report));
      this.#threads.push(thread);
      void thread.ended.catch(() => {}).then(() => this.#clients.forget(i));
    }
    await Promise.race([this.#started.done, ...this.#threads.map((thread) => thread.ended)]);
  }

  #listener(id: number): PoolListener {
    const listener = this.#listeners.get(id);
    if (listener === undefined) throw new Error(`no listener ${id} in this pool`);
    return listener;
  }

  /** A listener may be forgotten that a thread still speaks of: when another thread has died. */
  #hear(thread: number, report: RelayReport): void {
    switch (report.type) {
      case 'started':
        this.#started.count();
        break;
      case 'unlistened':
        this.#listeners.get(report.listener)?.unlistened.count();
        break;
      case 'ended':
        this.#listeners.get(report.listener)?.ended.count();
        break;
      case 'lane':
      case 'source':
      case 'lane_ended':
        this.#lanes.hear(thread, report, this.#listeners.get(report.listener)?.lanes);
        break;
      case 'capturing':
        this.#changes.get(report.change)?.count();
        break;
      case 'capture_failed':
        this.#events.captureFailed(report.listener, report.error);
        break;
      case 'upstream':
        this.#noteUpstream(report.listener, report.error);
        break;
      case 'over_share':
        if (this.#clients.isNews(report.client)) this.#events.overShare?.(report.listener, report.client);
        break;
      case 'accepting':
        this.#notePause(thread, report.paused);
        break;
      case 'strayed':
        this.#events.strayed(report.error);
        break;
      case 'fault':
        this.#events.fault(report.listener, report.error);
        break;
      case 'left':
        break;
      default:
        throw new Error(`unknown relay report ${JSON.stringify(report satisfies never)}`);
    }
  }

  /** Resolves when all threads capture as change number `change` says. */
  async #changed(change: number): Promise<void> {
    const tally = new Tally(this.settings.threads);
    this.#changes.set(change, tally);
    await Promise.race([tally.done, this.#broken]);
    this.#changes.delete(change);
  }

  #captureInto(listener: number, capture: PoolCapture | undefined): ListenerCapture | undefined {
    const entry = this.#listener(listener);
    entry.ring =
      capture === undefined ? undefined : this.#rings.take(capture.settings.ring, capture.observer);
    if (capture === undefined || entry.ring === undefined) return undefined;
    const { settings, registration, observer } = capture;
    return { settings, ring: entry.ring, registration, sources: observer.sources };
  }

  /** A thread that is full leaves it to the others; one that is out of descriptors speaks for all. */
  #notePause(thread: number, reason: string | undefined): void {
    this.#pauses[thread] = reason;
    const shortage = this.#pauses.find((pause) => pause !== undefined && pause !== FULL);
    const pause = shortage ?? (this.#pauses.every((other) => other === FULL) ? FULL : undefined);
    if (pause === this.#pause) return;
    this.#pause = pause;
    this.#events.accepting(pause);
  }

  /** Every thread notices by itself; the first to say something new is the one that is heard. */
  #noteUpstream(id: number, error: string | undefined): void {
    const listener = this.#listeners.get(id);
    if (listener === undefined || listener.upstreamError === error) return;
    listener.upstreamError = error;
    this.#events.upstream(id, error);
  }
}
