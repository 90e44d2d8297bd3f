import type { FlowEvents, ListenerConnections } from './pool-flows.js';

/** How often it is looked whether a thread is busy and another one is not, in ms. */
const LOOK_MS = 1000;

/** A thread that ran for more of the time between two looks is busy, if another one ran for less than half as long. */
const BUSY = 0.5;
const BUSIER = 2;

/** Containers that move at one look at most: they are looked at again a second later. */
const MOVES_MAX = 64;

/** A listener that one thread alone accepts from. */
export interface Homed {
  /** The container that all its clients are in; undefined where they may be anybody. */
  readonly container: string | undefined;
  /** Whether another thread may accept from it as well as the one that does. */
  readonly isMovable: boolean;
  readonly events: FlowEvents;
  /** Has that thread accept from it, and then no other. */
  moveTo(thread: number): void;
}

export interface HomesContext {
  readonly threads: number;
  /** Whether a thread runs and takes connections. */
  isOpen(thread: number): boolean;
  connections(thread: number): ReadonlyMap<FlowEvents, ListenerConnections>;
  readonly loads: { of(thread: number): number; look(): void };
  /** Has clients of listeners that all threads accept from be at home elsewhere, if they come from now on; or no more. */
  setBusy?(thread: number, isBusy: boolean): void;
}

/** Where the listeners of a container are. */
interface Home {
  thread: number;
  readonly listeners: Set<Homed>;
  /** Connections that it had opened there when that was last looked at. */
  opened: number;
}

/**
 * Which thread accepts from each listener that is of a single container, and so has all its connections: a loud container keeps one
 * thread busy, and the others are left to those beside it. A container's listeners share a home.
 *
 *   opens ──► on the thread with the fewest containers, busy ones left out
 *     ▲          │ the thread has ended, or takes no more connections; or it is busy beside another one, and the container has
 *     └──────────┘ had no connection for as long as a second
 *
 * Connections stay where they are. So whoever is loud stays, too, and those that are idle make room for themselves.
 */
export class Homes {
  readonly #context: HomesContext;
  /** By container, or listener where it is of none. */
  readonly #homes = new Map<string | Homed, Home>();
  /** By thread: how many of them it is. */
  readonly #counts: number[];
  /** Listeners that all threads accept from: there the clients have homes. */
  readonly #watched = new Set<object>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: HomesContext) {
    this.#context = context;
    this.#counts = new Array(context.threads).fill(0);
  }

  /** A listener opens. Returns the thread that is to accept from it. */
  enter(listener: Homed): number {
    const key = listener.container ?? listener;
    let home = this.#homes.get(key);
    if (home === undefined) {
      home = { thread: this.#choose() ?? 0, listeners: new Set(), opened: Number.NaN };
      this.#homes.set(key, home);
      this.#counts[home.thread]++;
    }
    home.listeners.add(listener);
    this.#look();
    return home.thread;
  }

  /** It is accepted from no more. */
  leave(listener: Homed): void {
    const key = listener.container ?? listener;
    const home = this.#homes.get(key);
    if (home === undefined || !home.listeners.delete(listener) || home.listeners.size > 0) return;
    this.#homes.delete(key);
    this.#counts[home.thread]--;
    this.#rest();
  }

  /** A listener opens that all threads accept from. */
  watch(listener: object): void {
    this.#watched.add(listener);
    this.#look();
  }

  unwatch(listener: object): void {
    if (this.#watched.delete(listener)) this.#rest();
  }

  /** A thread takes no more connections: others accept what would have been its own. */
  vacate(thread: number): void {
    for (const home of this.#homes.values()) {
      if (home.thread !== thread) continue;
      const other = this.#choose();
      if (other !== undefined && other !== thread) this.#move(home, other);
    }
  }

  /** Looks what the threads do, and has idle containers move away from busy ones. */
  balance(): void {
    const { loads, threads, connections, setBusy } = this.#context;
    loads.look();
    for (let thread = 0; thread < threads; thread++) {
      const isBusy = this.#isBusy(thread);
      setBusy?.(thread, isBusy);
      if (isBusy) this.#moveIdle(thread, connections(thread));
    }
  }

  #look(): void {
    if (this.#context.threads > 1) this.#timer ??= setInterval(() => this.balance(), LOOK_MS).unref();
  }

  #rest(): void {
    if (this.#homes.size + this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #moveIdle(from: number, connections: ReadonlyMap<FlowEvents, ListenerConnections>): void {
    let moves = 0;
    for (const home of this.#homes.values()) {
      if (home.thread !== from) continue;
      const before = home.opened;
      const { opened, open } = sumOf(home, connections);
      home.opened = opened;
      // Whoever comes and goes has perhaps none at the moment, and is loud.
      if (open > 0 || opened !== before) continue;
      const to = this.#choose();
      if (to === undefined || moves++ === MOVES_MAX) return;
      this.#move(home, to);
    }
  }

  /** The thread with the least to do; undefined if none takes connections. */
  #choose(): number | undefined {
    const { threads, isOpen } = this.#context;
    let best: number | undefined;
    for (let thread = 0; thread < threads; thread++) {
      if (!isOpen(thread) || this.#isBusy(thread)) continue;
      if (best === undefined || this.#counts[thread] < this.#counts[best]) best = thread;
    }
    return best;
  }

  #move(home: Home, thread: number): void {
    this.#counts[home.thread]--;
    this.#counts[thread]++;
    home.thread = thread;
    home.opened = Number.NaN;
    for (const listener of home.listeners) if (listener.isMovable) listener.moveTo(thread);
  }

  #isBusy(thread: number): boolean {
    const { threads, isOpen, loads } = this.#context;
    const load = loads.of(thread);
    if (load <= BUSY) return false;
    for (let other = 0; other < threads; other++) {
      if (isOpen(other) && loads.of(other) * BUSIER < load) return true;
    }
    return false;
  }
}

function sumOf(
  { listeners }: Home,
  connections: ReadonlyMap<FlowEvents, ListenerConnections>,
): ListenerConnections {
  const sum = { opened: 0, open: 0 };
  for (const { events } of listeners) {
    const { opened, open } = connections.get(events) ?? { opened: 0, open: 0 };
    sum.opened += opened;
    sum.open += open;
  }
  return sum;
}
