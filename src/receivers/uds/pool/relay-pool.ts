import { settlesWithin } from '../../../async/deadline.js';
import { counterRow } from '../counters.js';
import { SPILL_ROW } from '../relay/flows.js';
import { FULL, type ListenerSettings, type RelayReport } from '../relay/messages.js';
import { CaptureChanges } from './capture-changes.js';
import { Homes } from './homes.js';
import { PoolClients } from './pool-clients.js';
import { PoolCredentials } from './pool-credentials.js';
import { PoolFlows } from './pool-flows.js';
import { type ListenerEvents, type PoolCapture, PoolListener } from './pool-listener.js';
import { PoolNeighbours } from './pool-neighbours.js';
import { PoolRings, type PoolRingsEvents } from './pool-rings.js';
import { PoolThreads } from './pool-threads.js';
import { RelayThread, type RelayThreadSettings } from './relay-thread.js';
import { Tally } from './tally.js';
import { ThreadLoads } from './thread-loads.js';

export type RelayPoolSettings = RelayThreadSettings;

/** Receives what a pool reports beside what its listeners do. */
export interface RelayPoolEvents extends Pick<PoolRingsEvents, 'strayed' | 'printed'> {
  /** Accepting has stopped for this reason, or goes on (undefined). */
  accepting(paused: string | undefined): void;
  /** Threads may not be as urgent as they were to be. */
  notUrgent(reason: string): void;
  /** A thread has ended before its time: its connections are lost. The others go on. */
  died(error: unknown): void;
}

/** How long threads may take to start, in ms. */
const START_MS = 30_000;

/** Relay threads that share the same listeners, but for those that have a home on one of them. */
export class RelayPool {
  readonly #threads = new PoolThreads();
  readonly #listeners = new Map<number, PoolListener>();
  readonly #flows: PoolFlows;
  readonly #loads: ThreadLoads;
  readonly #homes: Homes;
  readonly #rings: PoolRings;
  readonly credentials = new PoolCredentials(this.#threads.all);
  readonly #clients: PoolClients;
  readonly #neighbours: PoolNeighbours;
  readonly #events: RelayPoolEvents;
  readonly #started: Tally;
  readonly #changes = new CaptureChanges(this.#threads);
  /** Why each thread does not accept at present, if it does not. */
  readonly #pauses: (string | undefined)[];
  #pause: string | undefined;
  #over: Promise<void> = Promise.resolve();
  #nextListener = 0;

  private constructor(
    readonly settings: RelayPoolSettings,
    events: RelayPoolEvents,
  ) {
    this.#rings = new PoolRings(this.#threads.all, settings, {
      captureFailed: (listener, error) => this.#listeners.get(listener)?.events.captureFailed(error),
      strayed: (error) => events.strayed(error),
      printed: (text) => events.printed(text),
    });
    this.#clients = new PoolClients(settings.threads);
    this.#neighbours = new PoolNeighbours(settings.threads);
    this.#events = events;
    this.#started = new Tally(Array.from({ length: settings.threads }, (_, i) => i));
    this.#pauses = new Array(settings.threads).fill(undefined);
    this.#flows = new PoolFlows(this.#threads.all);
    this.#loads = new ThreadLoads(settings.threads);
    this.#homes = new Homes({
      threads: settings.threads,
      isOpen: (thread) => this.#threads.isLiving(thread) && this.#pauses[thread] !== FULL,
      connections: (thread) => this.#flows.connections(thread),
      loads: this.#loads,
      setBusy: (thread, isBusy) => this.#neighbours.setBusy(thread, isBusy),
    });
  }

  /** Starts the threads and waits until all of them run. @throws Error, with no thread left running. */
  static async start(settings: RelayPoolSettings, events: RelayPoolEvents): Promise<RelayPool> {
    const pool = new RelayPool(settings, events);
    try {
      await pool.#startThreads();
    } catch (error) {
      await pool.exit();
      pool.#neighbours.end();
      throw error;
    }
    pool.#clients.open();
    const ends = pool.#threads.all.map(({ ended }, i) =>
      ended.then(
        () => pool.#forgetThread(i),
        (error) => pool.#lose(i, error),
      ),
    );
    pool.#over = Promise.all(ends).then(() => {
      pool.#rings.close();
      pool.#clients.end();
      pool.#neighbours.end();
    });
    return pool;
  }

  /** Accepts connections on `fd`, a listening non-blocking socket. */
  listen(
    fd: number,
    settings: ListenerSettings,
    events: ListenerEvents,
    capture?: PoolCapture,
  ): PoolListener {
    const pool = { threads: this.#threads, rings: this.#rings, changes: this.#changes, homes: this.#homes };
    const listener = new PoolListener(this.#nextListener++, events, pool);
    this.#listeners.set(listener.id, listener);
    void listener.ended.then(() => this.#listeners.delete(listener.id));
    listener.start(fd, settings, capture);
    return listener;
  }

  /** Resolves when all threads have ended, each in whatever way. */
  get over(): Promise<void> {
    return this.#over;
  }

  /** The rows of connections for which no row was left, one row of each thread. */
  get spillRows(): Float64Array[] {
    return this.#threads.all.map(({ counters }) => counterRow(counters, SPILL_ROW));
  }

  /** Connections that could not be attributed, by the index of UNATTRIBUTED_REASONS, one row of each thread. */
  get unattributedRows(): Float64Array[] {
    return this.#threads.all.map(({ unattributed }) => new Float64Array(unattributed));
  }

  /** Handles now what threads have reported so far. */
  drainReports(): void {
    for (const thread of this.#threads.all) thread.drainReports();
  }

  /** Lets the threads end once they have no listener and no connection left. */
  async leave(): Promise<void> {
    this.#clients.close();
    this.#threads.send({ type: 'leave' });
    await this.#over;
  }

  /** Closes everything at once. */
  async exit(): Promise<void> {
    await Promise.all(this.#threads.all.map((thread) => thread.stop()));
    await this.#over;
  }

  async #startThreads(): Promise<void> {
    const { memory: neighbours, wakeFds } = this.#neighbours;
    for (let i = 0; i < this.settings.threads; i++) {
      const place = { thread: i, wakeFd: wakeFds[i], clientCounts: this.#clients.memory, neighbours };
      const thread = new RelayThread(this.settings, place, (report) => this.#hear(i, report));
      this.#threads.add(thread);
      void thread.ended
        .catch(() => {})
        .then(() => {
          this.#clients.forget(i);
          this.#neighbours.forget(i);
        });
    }
    const ends = this.#threads.all.map(({ ended }) => ended);
    const started = Promise.race([this.#started.done, ...ends]);
    if (!(await settlesWithin(started, START_MS)))
      throw new Error(`relay threads have not started within ${START_MS} ms`);
    await started;
  }

  /** A thread has ended before its time. */
  #lose(thread: number, error: unknown): void {
    this.#forgetThread(thread);
    this.#events.died(error);
  }

  /** A thread has ended. What it has not answered yet, it never will. */
  #forgetThread(thread: number): void {
    this.#threads.remove(thread);
    this.#homes.vacate(thread);
    this.#flows.endAll(thread);
    for (const listener of this.#listeners.values()) {
      listener.noteUnlistened(thread);
      listener.noteEnded(thread);
    }
    this.#changes.forget(thread);
  }

  #hear(thread: number, report: RelayReport): void {
    switch (report.type) {
      case 'started':
        this.#loads.started(thread, report.tid);
        this.#started.count(thread);
        break;
      case 'capturing':
        this.#changes.hear(report.change, thread);
        break;
      case 'credentials':
        this.credentials.hear(report.obstacle);
        break;
      case 'not_urgent':
        if (thread === 0) this.#events.notUrgent(report.reason);
        break;
      case 'accepting':
        this.#notePause(thread, report.paused);
        break;
      case 'left':
      case 'closing':
        break;
      default: {
        // A listener may be gone that a thread still speaks of: when another thread has died.
        const listener = this.#listeners.get(report.listener);
        if (listener !== undefined) this.#hearOf(listener, thread, report);
      }
    }
  }

  #hearOf(listener: PoolListener, thread: number, report: Extract<RelayReport, { listener: number }>): void {
    const { events } = listener;
    switch (report.type) {
      case 'at_home':
        listener.noteHome(thread);
        break;
      case 'unlistened':
        listener.noteUnlistened(thread);
        break;
      case 'ended':
        listener.noteEnded(thread);
        break;
      case 'flow':
      case 'flow_ended':
        this.#flows.hear(thread, report, events);
        break;
      case 'capture_failed':
        events.captureFailed(report.error);
        break;
      case 'upstream':
        listener.noteUpstream(report.error);
        break;
      case 'refused':
        events.refused(report.user, report.reason);
        break;
      case 'descriptors':
        listener.noteDescriptors();
        break;
      case 'over_share':
        if (this.#clients.isNews(report.client)) events.overShare(report.client);
        break;
      case 'fault':
        events.fault(report.error);
        break;
      default:
        throw new Error(`unknown relay report ${JSON.stringify(report satisfies never)}`);
    }
  }

  /** A thread that is full leaves it to the others; one that is out of descriptors speaks for all. */
  #notePause(thread: number, reason: string | undefined): void {
    this.#pauses[thread] = reason;
    // Those whose home is full go where there is room, also when there is again.
    for (const [i, other] of this.#pauses.entries()) if (other === FULL) this.#homes.vacate(i);
    const shortage = this.#pauses.find((pause) => pause !== undefined && pause !== FULL);
    const pause = shortage ?? (this.#pauses.every((other) => other === FULL) ? FULL : undefined);
    if (pause === this.#pause) return;
    this.#pause = pause;
    this.#events.accepting(pause);
  }
}
