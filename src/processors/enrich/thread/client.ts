import type { Protocol } from '../../../protocols/protocol.js';
import { attributesKey } from '../../../telemetry/series.js';
import type { LossReason } from '../instruments.js';
import type { ClientLimits, SourceSettings } from '../messages.js';
import { BoundedNames, type NameAllowance } from './bounded-names.js';
import { ClientMemory, type MemoryRoom } from './client-memory.js';
import { ClientRows, type Rows } from './client-rows.js';
import { ClientEvents } from './event-log.js';
import { type CallRoom, ClientCalls } from './pending-calls.js';
import { SeriesBook } from './series-book.js';
import { SharedThings } from './shared-things.js';
import { ClientSpans } from './span-outlet.js';

/** What all clients share. */
export interface Room {
  readonly rows: Rows;
  readonly calls: CallRoom;
  readonly memory: MemoryRoom;
}

/**
 * A client of a receiver: a container, or a user where there is none. Its sources, which are its sockets and the threads
 * that relay them, have a share together of what all clients share.
 */
export class Client {
  readonly calls: ClientCalls;
  readonly memory: ClientMemory;
  readonly spans = new ClientSpans(() => this.lose('spans', 1));
  readonly events = new ClientEvents();
  readonly #rows: ClientRows;
  readonly #sources = new Set<number>();
  readonly #books = new Map<string, SeriesBook>();
  readonly #names = new SharedThings<BoundedNames>();
  #limits: ClientLimits;
  #shownNames = 0;

  constructor(room: Room, limits: ClientLimits) {
    this.#limits = limits;
    this.calls = new ClientCalls(room.calls, limits.pendingCalls);
    this.memory = new ClientMemory(room.memory, () => this.lose('unfinished_messages', 1));
    this.#rows = new ClientRows(room.rows, limits.series, () => this.#source);
  }

  /**
   * A source of the client, under the limits that are known latest. Returns what it counts in, by protocol, and how it
   * names methods.
   */
  enter(
    source: number,
    settings: SourceSettings,
    protocols: readonly Protocol[],
  ): { books: ReadonlyMap<Protocol, SeriesBook>; methods: BoundedNames } {
    this.#limits = settings.limits;
    this.calls.limit = settings.limits.pendingCalls;
    this.#rows.limit = settings.limits.series;
    this.#sources.add(source);
    const { known, max } = settings.methods;
    const methods = this.#names.take(settings.socket, () => new BoundedNames([], 0, this.#allowance));
    methods.configure(known, max);
    const books = new Map(protocols.map((protocol) => [protocol, this.#bookOf(settings, protocol)]));
    for (const book of books.values()) book.enter(source);
    return { books, methods };
  }

  /** Nothing is counted for a source any more; it is still known. Whether the client is gone with it. */
  leave(source: number, settings: SourceSettings): boolean {
    this.#names.give(settings.socket)?.end();
    for (const protocol of settings.protocols) {
      const key = bookKey(settings, protocol);
      if (this.#books.get(key)?.leave(source) === true) this.#books.delete(key);
    }
    const isLast = this.#sources.size === 1;
    if (isLast) this.#rows.endAll();
    this.#sources.delete(source);
    return isLast;
  }

  /** The client loses something of its own, for want of room. */
  lose(reason: LossReason, count: number): void {
    this.#rows.lose(reason, count);
  }

  /** One of its sources: what is said of the client is said of it. */
  get #source(): number {
    const [source] = this.#sources;
    return source;
  }

  #bookOf(settings: SourceSettings, protocol: Protocol): SeriesBook {
    const key = bookKey(settings, protocol.name);
    const book = this.#books.get(key) ?? new SeriesBook(this.#rows, protocol);
    this.#books.set(key, book);
    return book;
  }

  get #allowance(): NameAllowance {
    return {
      take: () => {
        if (this.#shownNames >= this.#limits.methods) return false;
        this.#shownNames++;
        return true;
      },
      give: (names) => {
        this.#shownNames -= names;
      },
    };
  }
}

/** What series of calls differ in beside the calls. */
function bookKey({ attributes }: SourceSettings, protocol: string): string {
  return `${protocol} ${attributesKey(attributes)}`;
}
