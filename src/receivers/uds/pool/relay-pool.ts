import { settlesWithin } from '../../../async/deadline.js';
import type { CaptureSettings } from '../../../processors/capture/strategies/settings.js';
import type { CaptureObserver } from '../../../processors/observer.js';
import { counterRow } from '../counters.js';
import { SPILL_ROW } from '../relay/flows.js';
import { FULL, type ListenerCapture, type ListenerSettings, type RelayReport } from '../relay/messages.js';
import { PoolClients } from './pool-clients.js';
import { PoolCredentials } from './pool-credentials.js';
import { type FlowEvents, type PoolFlow, PoolFlows } from './pool-flows.js';
import { PoolRings, type PoolRingsEvents } from './pool-rings.js';
import { RelayThread, type RelayThreadSettings } from './relay-thread.js';
import { Tally } from './tally.js';

export type RelayPoolSettings = RelayThreadSettings;

/** What a pool has to say; `listener` is what `listen` returned. */
export interface RelayPoolEvents extends PoolRingsEvents {
  upstream(listener: number, error: string | undefined): void;
  /** A client, of that user, may not connect to the upstream. Said once in a while. */
  refused(listener: number, user: number, reason: string): void;
  accepting(paused: string | undefined): void;
  /** A client has its share of the connections, and is turned away. Said of each once in a while. */
  overShare?(listener: number, client: string): void;
  fault(listener: number, error: string): void;
  /** A thread has ended before its time: its connections are lost. The others go on. */
  died(error: unknown): void;
}

/** What is captured of a listener, and who reads it. */
export interface PoolCapture {
  settings: CaptureSettings;
  observer: CaptureObserver;
  /** The number that the observer knows it by. */
  generation: number;
}

/** How long threads may take to start, and to answer, in ms. They do the latter in the turn they are in. */
const START_MS = 30_000;
const ANSWER_MS = 5000;

interface PoolListener {
  flows: FlowEvents;
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
  readonly #flows: PoolFlows;
  readonly #rings: PoolRings;
  readonly credentials = new PoolCredentials(this.#threads);
  readonly #clients: PoolClients;
  readonly #events: RelayPoolEvents;
  readonly #started: Tally;
  /** Why each thread does not accept at present, if it does not. */
  readonly #pauses: (string | undefined)[];
  #pause: string | undefined;
  /** Threads that run. */
  readonly #living = new Set<number>();
  /** Resolves when all threads have ended, each in whatever way. */
  #over: Promise<void> = Promise.resolve();
  #nextListener = 0;
  /** Changes of what is captured that threads have not made yet. */
  readonly #changes = new Map<number, Tally>();
  #nextChange = 0;

  private constructor(
    readonly settings: RelayPoolSettings,
    events: RelayPoolEvents,
  ) {
    this.#rings = new PoolRings(this.#threads, settings, events);
    this.#clients = new PoolClients(settings.threads);
    this.#events = events;
    this.#started = new Tally(Array.from({ length: settings.threads }, (_, i) => i));
    this.#pauses = new Array(settings.threads).fill(undefined);
    this.#flows = new PoolFlows(this.#threads);
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
    const ends = pool.#threads.map((thread, i) =>
      thread.ended.catch((error) => pool.#lose(i, error)).then(() => pool.#forgetThread(i)),
    );
    pool.#over = Promise.all(ends).then(() => {
      pool.#rings.close();
      pool.#clients.close();
    });
    return pool;
  }

  /** Accepts connections on `fd`, a listening non-blocking socket; returns the listener's number. */
  listen(fd: number, settings: ListenerSettings, flows: FlowEvents, capture?: PoolCapture): number {
    const listener = this.#nextListener++;
    const change = this.#nextChange++;
    const entry: PoolListener = {
      flows,
      unlistened: new Tally(this.#living),
      ended: new Tally(this.#living),
      upstreamError: undefined,
      captured: Promise.resolve(),
      ring: undefined,
    };
    this.#listeners.set(listener, entry);
    const command = { type: 'listen', listener, fd, settings, change } as const;
    const { ofThreads, ready } = this.#captureInto(listener, capture);
    if (ofThreads !== undefined) entry.captured = this.#made(change, ready);
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
    const { ofThreads, ready } = this.#captureInto(listener, capture);
    const made = this.#made(change, ready);
    const command = { type: 'capture', listener, change, capture: ofThreads } as const;
    for (const thread of this.#threads) thread.send(command);
    await made;
    if (before !== undefined) this.#rings.give(before, listener);
  }

  /** Resolves when a listener is captured as `listen` was told: a strategy of one's own takes time to load. */
  captured(listener: number): Promise<void> {
    return this.#listener(listener).captured;
  }

  /** Resolves when all threads have ended, each in whatever way. */
  get over(): Promise<void> {
    return this.#over;
  }

  /** Stops accepting; once it resolves no thread looks at the descriptor any more. */
  async unlisten(listener: number): Promise<void> {
    const { unlistened } = this.#listener(listener);
    for (const thread of this.#threads) thread.send({ type: 'unlisten', listener });
    await this.#answers(unlistened);
  }

  /** Resolves when an unlistened listener's last connection has closed and its counters are final. */
  ended(listener: number): Promise<void> {
    return this.#listener(listener).ended.done;
  }

  /** Closes what is left of a listener's connections. */
  cut(listener: number): void {
    for (const thread of this.#threads) thread.send({ type: 'cut', listener });
  }

  /** Has a flow end with its last connection; who comes next has a new one. */
  closeFlow(flow: PoolFlow): void {
    this.#flows.close(flow);
  }

  /** Resolves when what was captured until now is where it is read; undefined when it is always. */
  passedOn(): Promise<unknown> | undefined {
    return this.#rings.passedOn();
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
  drainReports(): void {
    for (const thread of this.#threads) thread.drainReports();
  }

  /** Forgets an ended listener. */
  forget(listener: number): void {
    const { ring } = this.#listener(listener);
    if (ring !== undefined) this.#rings.give(ring, listener);
    this.#listeners.delete(listener);
  }

  /** Lets the threads end once they have no listener and no connection left. */
  async leave(): Promise<void> {
    this.#clients.close();
    for (const thread of this.#threads) thread.send({ type: 'leave' });
    await this.#over;
  }

  /** Closes everything at once. */
  async exit(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()));
    await this.#over;
  }

  async #startThreads(): Promise<void> {
    for (let i = 0; i < this.settings.threads; i++) {
      const place = { thread: i, clientCounts: this.#clients.memory };
      const thread = new RelayThread(this.settings, place, (report) => this.#hear(i, report));
      this.#threads.push(thread);
      this.#living.add(i);
      void thread.ended.catch(() => {}).then(() => this.#clients.forget(i));
    }
    const started = Promise.race([this.#started.done, ...this.#threads.map((thread) => thread.ended)]);
    if (!(await settlesWithin(started, START_MS)))
      throw new Error(`relay threads have not started within ${START_MS} ms`);
    await started;
  }

  /** Waits until all threads have answered. One that does not is made to end: it would hold up all that follows. */
  async #answers(tally: Tally): Promise<void> {
    if (await settlesWithin(tally.done, ANSWER_MS)) return;
    await Promise.all([...tally.waiting].map((thread) => this.#threads[thread].stop()));
    await tally.done;
  }

  /** A thread has ended before its time. */
  #lose(thread: number, error: unknown): void {
    this.#threads[thread].closeConnections();
    this.#flows.endAll(thread, (listener) => this.#listeners.get(listener)?.flows);
    this.#events.died(error);
  }

  /** A thread has ended. What it owes, if anything, will not come. */
  #forgetThread(thread: number): void {
    this.#living.delete(thread);
    for (const { unlistened, ended } of this.#listeners.values()) {
      unlistened.count(thread);
      ended.count(thread);
    }
    for (const change of this.#changes.values()) change.count(thread);
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
        this.#started.count(thread);
        break;
      case 'unlistened':
        this.#listeners.get(report.listener)?.unlistened.count(thread);
        break;
      case 'ended':
        this.#listeners.get(report.listener)?.ended.count(thread);
        break;
      case 'flow':
      case 'flow_ended':
        this.#flows.hear(thread, report, this.#listeners.get(report.listener)?.flows);
        break;
      case 'capturing':
        this.#changes.get(report.change)?.count(thread);
        break;
      case 'capture_failed':
        this.#events.captureFailed(report.listener, report.error);
        break;
      case 'upstream':
        this.#noteUpstream(report.listener, report.error);
        break;
      case 'credentials':
        this.credentials.hear(report.obstacle);
        break;
      case 'refused':
        this.#events.refused(report.listener, report.user, report.reason);
        break;
      case 'over_share':
        if (this.#clients.isNews(report.client)) this.#events.overShare?.(report.listener, report.client);
        break;
      case 'accepting':
        this.#notePause(thread, report.paused);
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

  /** Resolves when all threads capture as change number `change` says, and what decides about it is `ready`. */
  async #made(change: number, ready: Promise<void>): Promise<void> {
    const tally = new Tally(this.#living);
    this.#changes.set(change, tally);
    await this.#answers(tally);
    this.#changes.delete(change);
    await ready;
  }

  #captureInto(
    listener: number,
    capture: PoolCapture | undefined,
  ): { ofThreads: ListenerCapture | undefined; ready: Promise<void> } {
    const entry = this.#listener(listener);
    entry.ring = undefined;
    if (capture === undefined) return { ofThreads: undefined, ready: Promise.resolve() };
    const { settings, generation, observer } = capture;
    const { ring, ready } = this.#rings.take(listener, settings, observer);
    entry.ring = ring;
    const ofThreads = this.#rings.ofThreads(settings);
    return { ofThreads: { ...ofThreads, ring, generation }, ready };
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
