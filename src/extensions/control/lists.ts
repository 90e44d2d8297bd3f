import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { printableJson } from '../../values/printable.js';
import type { Exchange } from './router.js';

/** Lists that are written at a time. Each keeps all of its items until the last is written. */
const MAX_LISTS = 8;

/** How long a client may read nothing while others wait for their turn, in ms. */
const GIVE_WAY_MS = 250;

/** Items of a list that are written at a time: some ten KiB, and a few hundred µs of work. */
const CHUNK_ITEMS = 64;

type Answering = Pick<Exchange, 'response' | 'signal'>;

/**
 * Answers with lists of any length. A list stays in memory as long as its client takes to read it, so only a few are made at a time.
 * Later requests wait, and a client that does not read gives way to one that waits.
 */
export class Lists {
  #running = 0;
  /** Starts the waiting requests, in the order in which they came. */
  readonly #waiting = new Set<() => void>();

  /**
   * Answers with the items of `read`, one on each line, as `view` shows them.
   *
   * @throws Error when the signal says that the client has gone.
   */
  async reply<T>(exchange: Answering, read: () => readonly T[], view: (item: T) => unknown): Promise<void> {
    await this.#inTurn(exchange, async () => {
      await this.#write(exchange, { before: '', items: read(), after: '' }, view);
    });
  }

  /**
   * Answers with an object: the fields of what `read` finds, and in the last one its items, one on each line.
   *
   * @throws Error when the signal says that the client has gone.
   */
  async replyPage<T>(
    exchange: Answering,
    name: string,
    read: () => Promise<{ readonly fields: object; readonly items: readonly T[] }>,
  ): Promise<void> {
    await this.#inTurn(exchange, async () => {
      const { fields, items } = await read();
      // An object with an empty list, without that list's end.
      const before = printableJson({ ...fields, [name]: [] }).slice(0, -'[]}'.length);
      await this.#write(exchange, { before, items, after: '}' }, (item) => item);
    });
  }

  async #inTurn({ signal }: Answering, answer: () => Promise<void>): Promise<void> {
    await this.#turn(signal);
    try {
      await answer();
    } finally {
      this.#next();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#running < MAX_LISTS) {
      this.#running++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(start);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(start);
    });
  }

  /** Leaves the turn to the next that waits. */
  #next(): void {
    const [start] = this.#waiting;
    if (start === undefined) {
      this.#running--;
      return;
    }
    this.#waiting.delete(start);
    start();
  }

  /** Items are serialized when the client has taken those before; other work gets its turn in between. */
  async #write<T>(
    { response, signal }: Answering,
    { before, items, after }: { before: string; items: readonly T[]; after: string },
    view: (item: T) => unknown,
  ): Promise<void> {
    signal.throwIfAborted();
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    for (let at = 0; at < items.length; at += CHUNK_ITEMS) {
      const lines = items.slice(at, at + CHUNK_ITEMS).map((item) => printableJson(view(item)));
      const isTaken = response.write(`${at === 0 ? `${before}[` : ',\n'}${lines.join(',\n')}`);
      if (!isTaken) await this.#taken({ response, signal });
      await nextTurn(undefined, { signal });
    }
    response.end(`${items.length === 0 ? `${before}[` : ''}]${after}\n`);
  }

  async #taken({ response, signal }: Answering): Promise<void> {
    const check = setInterval(() => {
      if (this.#waiting.size > 0) response.destroy();
    }, GIVE_WAY_MS);
    try {
      await once(response, 'drain', { signal });
    } finally {
      clearInterval(check);
    }
  }
}
