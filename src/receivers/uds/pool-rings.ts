import type { CaptureSettings } from '../../processors/capture/strategies/settings.js';
import type { CaptureObserver } from '../../processors/observer.js';
import type { RelayThread } from './relay-thread.js';

interface PoolRing {
  readonly key: string;
  readonly observer: CaptureObserver;
  /** The observer's numbers, by thread. */
  readonly numbers: readonly number[];
  /** Listeners that are captured into it. */
  users: number;
}

/** The rings of a pool: for each that the capture processors want, one on every thread. */
export class PoolRings {
  readonly #threads: readonly RelayThread[];
  readonly #rings = new Map<number, PoolRing>();
  #nextRing = 0;

  constructor(threads: readonly RelayThread[]) {
    this.#threads = threads;
  }

  /** The ring for these settings, by the number that threads know it by. */
  take(settings: CaptureSettings['ring'], observer: CaptureObserver): number {
    const key = JSON.stringify(settings);
    for (const [ring, existing] of this.#rings) {
      if (existing.key !== key || existing.observer !== observer) continue;
      existing.users++;
      return ring;
    }
    const ring = this.#nextRing++;
    const numbers = this.#threads.map((thread) => {
      const { ring: number, memory } = observer.addRing(settings.id, settings);
      thread.send({ type: 'open_ring', ring, memory, doorbell: observer.doorbell });
      return number;
    });
    this.#rings.set(ring, { key, observer, numbers, users: 1 });
    return ring;
  }

  /** A listener is not captured into it any more; its threads have said so. */
  give(number: number): void {
    const ring = this.#rings.get(number);
    if (ring === undefined || --ring.users > 0) return;
    for (const thread of this.#threads) thread.send({ type: 'close_ring', ring: number });
    this.#remove(number, ring);
  }

  /** The threads have ended. */
  close(): void {
    for (const [number, ring] of this.#rings) this.#remove(number, ring);
  }

  #remove(number: number, { observer, numbers }: PoolRing): void {
    this.#rings.delete(number);
    for (const ring of numbers) observer.removeRing(ring);
  }
}
