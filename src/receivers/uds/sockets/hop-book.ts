import { realSocketPath } from '../../../linux/real-socket-path.js';
import { ListenError } from '../../../linux/unix-listener.js';
import { type Hop, leadsBack } from './loops.js';

/** A socket would be relayed to itself. */
export class LoopError extends ListenError {
  constructor({ listen, upstream }: Hop) {
    const isSame = realSocketPath(listen) === realSocketPath(upstream);
    const what = isSame ? 'is the same socket' : 'leads back to it';
    super(listen, `its upstream ${upstream} ${what}; it would be relayed to itself`);
  }
}

interface Entry extends Hop {
  /** `configured`: by the configuration that runs; `prepared`: by one that may be committed. */
  readonly state: 'added' | 'configured' | 'prepared';
}

/**
 * Where the sockets of all receivers lead. A hop is checked and entered in one step, so that two requests at the same time
 * cannot make a loop, in one receiver or by way of several.
 */
export class HopBook {
  readonly #entries = new Set<Entry>();
  /** By the real paths they listen on, of which there may be tens of thousands. Made when it is needed. */
  #byListen: Map<string, Set<Entry>> | undefined;

  /** @throws LoopError when it would close a loop through the entries that count. */
  check(hop: Hop, counts: (entry: Entry) => boolean): void {
    this.#byListen ??= this.#index();
    const index = this.#byListen;
    const isLoop = leadsBack(hop, (path) => [...(index.get(path) ?? [])].filter(counts));
    if (isLoop) throw new LoopError(hop);
  }

  enter(entry: Entry): void {
    this.#entries.add(entry);
    if (this.#byListen !== undefined) addTo(this.#byListen, entry);
  }

  strike(entry: Entry): void {
    this.#entries.delete(entry);
    const at = realSocketPath(entry.listen);
    const others = this.#byListen?.get(at);
    // A link on its way may lead elsewhere by now: then what it was found by is not known.
    if (others?.delete(entry) !== true) this.refresh();
    else if (others.size === 0) this.#byListen?.delete(at);
  }

  /** Has links on the way to all sockets looked at anew. */
  refresh(): void {
    this.#byListen = undefined;
  }

  #index(): Map<string, Set<Entry>> {
    const index = new Map<string, Set<Entry>>();
    for (const entry of this.#entries) addTo(index, entry);
    return index;
  }
}

function addTo(index: Map<string, Set<Entry>>, entry: Entry): void {
  const at = realSocketPath(entry.listen);
  index.set(at, (index.get(at) ?? new Set()).add(entry));
}

/** A configuration whose hops are in the book until it is decided whether it runs. */
export interface PreparedHops {
  /** In place of the configuration that has run, and of added sockets that listen on the same paths. */
  commit(): void;
  rollback(): void;
}

/** The hops of one receiver, in the book of all. */
export class ReceiverHops {
  readonly #book: HopBook;
  #configured: readonly Entry[] = [];
  /** By the paths they listen on. */
  readonly #added = new Map<string, Entry>();

  constructor(book: HopBook) {
    this.#book = book;
  }

  /** @throws LoopError; nothing has changed then. */
  add({ listen, upstream }: Hop): void {
    const entry: Entry = { listen, upstream, state: 'added' };
    this.#book.check(entry, () => true);
    this.#book.enter(entry);
    this.#added.set(listen, entry);
  }

  /** Takes out the hop of a socket that was added. */
  remove(listen: string): void {
    const entry = this.#added.get(listen);
    if (entry === undefined) return;
    this.#added.delete(listen);
    this.#book.strike(entry);
  }

  /**
   * Enters the sockets of a configuration. All receivers are prepared before the first is committed; what still runs by
   * their former configurations does not count.
   *
   * @throws LoopError; nothing has changed then.
   */
  prepare(sockets: readonly Hop[]): PreparedHops {
    const entries = sockets.map(({ listen, upstream }): Entry => ({ listen, upstream, state: 'prepared' }));
    const replaced = new Set(sockets.flatMap(({ listen }) => this.#added.get(listen) ?? []));
    const rollback = () => {
      this.#book.refresh();
      for (const entry of entries) this.#book.strike(entry);
    };
    this.#book.refresh();
    for (const entry of entries) this.#book.enter(entry);
    try {
      for (const entry of entries)
        this.#book.check(entry, (other) => other.state !== 'configured' && !replaced.has(other));
    } catch (error) {
      rollback();
      throw error;
    }
    const commit = () => {
      rollback();
      for (const { listen } of entries) this.remove(listen);
      for (const entry of this.#configured) this.#book.strike(entry);
      this.#configured = entries.map((entry) => ({ ...entry, state: 'configured' }));
      for (const entry of this.#configured) this.#book.enter(entry);
    };
    return { commit, rollback };
  }

  clear(): void {
    this.#book.refresh();
    for (const entry of [...this.#configured, ...this.#added.values()]) this.#book.strike(entry);
    this.#configured = [];
    this.#added.clear();
  }
}
