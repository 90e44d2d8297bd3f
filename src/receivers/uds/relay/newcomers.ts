import type { ConnectionTable } from './connection-table.js';
import type { Listener } from './listener.js';
import type { Listeners } from './listeners.js';
import type { Neighbours, Newcomer } from './neighbours.js';

export interface NewcomersSettings {
  readonly neighbours: Neighbours;
  readonly table: ConnectionTable;
  readonly listeners: Listeners;
  takeOver(newcomer: Newcomer, listener: Listener): void;
}

/** Takes in what other threads have accepted for this one, and knows when the last of a listener has come. */
export class Newcomers {
  readonly #settings: NewcomersSettings;
  /** Listeners that no thread accepts on any more, until all that has been accepted has come. */
  readonly #closedToAll = new Set<number>();
  /** There may be more than has been taken in. */
  #mayBeMore = false;

  constructor(settings: NewcomersSettings) {
    this.#settings = settings;
  }

  /** Whether there may be something to take in, and room for it. */
  get mayTakeIn(): boolean {
    return this.#mayBeMore && this.#settings.table.hasSlot;
  }

  /** This thread was woken: for what has come, or to know a listener of which something had come. */
  look(): void {
    this.#mayBeMore = true;
  }

  /** Takes in so much at most: other threads may bring more as fast as it is taken. */
  takeIn(most: number): void {
    this.#takeLast();
    if (this.#take(this.#isKnown, most)) this.#mayBeMore = this.#closedToAll.size > 0;
  }

  /** No thread accepts on a listener any more. */
  lastArrived(listener: number): void {
    this.#closedToAll.add(listener);
    this.#mayBeMore = true;
    this.#takeLast();
  }

  /** Takes in what has come, as far as there is room, and nothing from now on. */
  close(): void {
    this.#settings.neighbours.close();
    this.#take(this.#isKnown, Number.POSITIVE_INFINITY);
  }

  /** What is left of listeners that end is little, and need not wait for what comes of others. */
  #takeLast(): void {
    for (const listener of this.#closedToAll) {
      const isItsOwn = (id: number) => id === listener && this.#isKnown(id);
      if (!this.#take(isItsOwn, Number.POSITIVE_INFINITY)) return;
      this.#closedToAll.delete(listener);
      this.#settings.listeners.lastArrived(listener);
    }
  }

  /** Returns whether nothing is left of the listeners that it `isFor`. */
  #take(isFor: (listener: number) => boolean, most: number): boolean {
    const { neighbours, table, listeners, takeOver } = this.#settings;
    for (let taken = 0; taken < most && table.hasSlot; taken++) {
      const newcomer = neighbours.next(isFor);
      if (newcomer === undefined) return true;
      takeOver(newcomer, listeners.get(newcomer.listener));
    }
    return false;
  }

  readonly #isKnown = (listener: number): boolean => this.#settings.listeners.find(listener) !== undefined;
}
