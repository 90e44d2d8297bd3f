import { discardShared } from '../../../linux/memory.js';
import { createFairRing, HEADER_BYTES } from '../../../processors/capture/ring/layout.js';
import { type CaptureSettings, moduleIn } from '../../../processors/capture/strategies/settings.js';
import { StrategyThread } from '../../../processors/capture/strategy-thread/strategy-thread.js';
import { wholeCapture } from '../../../processors/capture/strategy-thread/whole.js';
import type { CaptureObserver } from '../../../processors/observer.js';
import type { RelayThread } from './relay-thread.js';

/** A ring has two halves, and no record has more than half of one: so many operations fit. */
const OPERATIONS_MIN = 8;

/** Operations that wait for a strategy thread at most, per relay thread. */
const WHOLE_ENTRIES = 4096;

/** What is asked of a relay thread. */
type RingThread = Pick<RelayThread, 'send' | 'clientWords' | 'drainReports'>;

interface PoolRing {
  readonly key: string;
  readonly observer: CaptureObserver;
  /** The observer's numbers, by thread. */
  numbers: readonly number[];
  /** Listeners that are captured into it, and how often. */
  readonly users: Map<number, number>;
  /** What stands between relay threads and the observer's rings, where a module decides. */
  strategy: StrategyThread | undefined;
  /** The rings that it reads. */
  whole: readonly SharedArrayBuffer[];
}

export interface PoolRingsSettings {
  /** Per relay thread. */
  readonly maxConnections: number;
  /** Bytes of an operation at most. */
  readonly bufferBytes: number;
}

export interface PoolRingsEvents {
  /** A strategy's module is at fault: nothing of the listener is captured any more. */
  captureFailed(listener: number, error: string): void;
  /** What a strategy's module left to run by itself has failed. */
  strayed(error: string): void;
  /** What a strategy's module has printed. */
  printed(text: string): void;
}

/** The rings of a pool: for each that the capture processors want, one on every thread. */
export class PoolRings {
  readonly #threads: readonly RingThread[];
  readonly #settings: PoolRingsSettings;
  readonly #events: PoolRingsEvents;
  readonly #rings = new Map<number, PoolRing>();
  /** Strategy threads that end, once they have passed on what there is. */
  readonly #closing = new Set<Promise<void>>();
  #nextRing = 0;

  constructor(threads: readonly RingThread[], settings: PoolRingsSettings, events: PoolRingsEvents) {
    this.#threads = threads;
    this.#settings = settings;
    this.#events = events;
  }

  /** The ring for what is captured of a listener, by the number that threads know it by; and when it is so. */
  take(
    listener: number,
    settings: CaptureSettings,
    observer: CaptureObserver,
  ): { ring: number; ready: Promise<void> } {
    const ring = this.#find(settings, observer) ?? this.#open(settings, observer);
    const { users, strategy } = this.#get(ring);
    const count = users.get(listener) ?? 0;
    users.set(listener, count + 1);
    return {
      ring,
      ready: count === 0 && strategy !== undefined ? strategy.add(listener) : Promise.resolve(),
    };
  }

  /** What threads are to capture into it. */
  ofThreads(settings: CaptureSettings): { settings: CaptureSettings; isWhole: boolean } {
    return moduleIn(settings.strategy) === undefined
      ? { settings, isWhole: false }
      : { settings: wholeCapture(settings), isWhole: true };
  }

  /** A listener is not captured into a ring any more; its threads have said so. Does nothing once these have ended. */
  give(number: number, listener: number): void {
    const ring = this.#rings.get(number);
    if (ring === undefined) return;
    const count = (ring.users.get(listener) ?? 0) - 1;
    if (count > 0) {
      ring.users.set(listener, count);
      return;
    }
    ring.users.delete(listener);
    if (ring.users.size > 0) {
      const { strategy } = ring;
      // Not before what it has said is passed on; and it may have come back until then.
      void strategy?.flush().then(() => ring.users.has(listener) || strategy.remove(listener));
      return;
    }
    for (const thread of this.#threads) thread.send({ type: 'close_ring', ring: number });
    this.#remove(number, ring);
  }

  /** Resolves when what was captured until now is where it is read; undefined when it is always. */
  passedOn(): Promise<unknown> | undefined {
    const strategies = [...this.#rings.values()].flatMap(({ strategy }) => strategy ?? []);
    if (strategies.length === 0 && this.#closing.size === 0) return undefined;
    return Promise.all([...this.#closing, ...strategies.map((strategy) => strategy.flush())]);
  }

  /** The threads have ended. Resolves when what they have captured is where it is read. */
  async close(): Promise<void> {
    for (const [number, ring] of this.#rings) this.#remove(number, ring);
    await Promise.all(this.#closing);
  }

  #get(number: number): PoolRing {
    const ring = this.#rings.get(number);
    if (ring === undefined) throw new Error(`no ring ${number} in this pool`);
    return ring;
  }

  #find(settings: CaptureSettings, observer: CaptureObserver): number | undefined {
    const key = keyOf(settings);
    for (const [ring, existing] of this.#rings) {
      if (existing.key === key && existing.observer === observer) return ring;
    }
    return undefined;
  }

  #open(settings: CaptureSettings, observer: CaptureObserver): number {
    const number = this.#nextRing++;
    const key = keyOf(settings);
    const ring: PoolRing = { key, observer, numbers: [], users: new Map(), strategy: undefined, whole: [] };
    this.#rings.set(number, ring);
    if (moduleIn(settings.strategy) === undefined) {
      this.#send(number, this.#addRings(ring, settings), observer.doorbell);
    } else {
      ring.whole = this.#threads.map(() => this.#wholeRing(settings));
      ring.strategy = this.#startStrategy(ring, settings);
      this.#send(number, ring.whole, ring.strategy.doorbell);
    }
    return number;
  }

  #send(ring: number, memories: readonly SharedArrayBuffer[], doorbell: SharedArrayBuffer): void {
    for (const [i, thread] of this.#threads.entries()) {
      thread.send({ type: 'open_ring', ring, memory: memories[i], doorbell });
    }
  }

  /** Has the observer make rings that it reads, in place of earlier ones if there are any. */
  #addRings(ring: PoolRing, settings: CaptureSettings): SharedArrayBuffer[] {
    const added = this.#threads.map((thread) =>
      ring.observer.addRing(settings.ring.id, settings.ring, thread),
    );
    // Only then, so that there is a ring of that name all the time.
    for (const number of ring.numbers) ring.observer.removeRing(number);
    ring.numbers = added.map((each) => each.ring);
    return added.map(({ memory }) => memory);
  }

  #wholeRing({ ring }: CaptureSettings): SharedArrayBuffer {
    return createFairRing({
      entries: Math.max(ring.entries, WHOLE_ENTRIES),
      maxBytes: Math.max(ring.maxBytes, OPERATIONS_MIN * this.#settings.bufferBytes),
    });
  }

  #startStrategy(ring: PoolRing, capture: CaptureSettings): StrategyThread {
    const { maxConnections, bufferBytes } = this.#settings;
    return new StrategyThread(
      {
        capture,
        connections: maxConnections,
        operationBytes: bufferBytes,
        readersDoorbell: ring.observer.doorbell,
      },
      {
        rings: () => this.#addRings(ring, capture).map((kept, i) => ({ whole: ring.whole[i], kept })),
        failed: (listener, error) => this.#events.captureFailed(listener, error),
        strayed: (error) => this.#events.strayed(error),
        printed: (text) => this.#events.printed(text),
      },
    );
  }

  #remove(number: number, { observer, numbers, strategy, whole }: PoolRing): void {
    this.#rings.delete(number);
    const removeAll = () => {
      for (const ring of numbers) observer.removeRing(ring);
    };
    if (strategy === undefined) {
      removeAll();
      return;
    }
    const closed = strategy.close().then(() => {
      removeAll();
      // Nobody reads them any more, and the garbage collection that frees them may be far away.
      for (const memory of whole) discardShared(memory, HEADER_BYTES);
    });
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }
}

/** What is captured alike goes into one ring. A module is asked for by all that there is. */
function keyOf(settings: CaptureSettings): string {
  return JSON.stringify(moduleIn(settings.strategy) === undefined ? settings.ring : settings);
}
