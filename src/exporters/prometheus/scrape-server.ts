import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inTurns } from '../../async/in-turns.js';
import { Semaphore } from '../../async/semaphore.js';
import { acceptsGzip } from '../../http/accepts-gzip.js';
import { isLoopback } from '../../http/client-address.js';
import { foreignHost } from '../../http/hosts.js';
import { type InetClient, InetServer } from '../../http/inet-server.js';
import type { KeptListeners } from '../../http/kept-listener.js';
import { type Content, reply } from '../../http/reply.js';
import type { Endpoint } from '../../values/endpoint.js';
import { quote } from '../../values/quote.js';
import { compress } from './compressed.js';
import { contentType, negotiate, type PageType } from './negotiate.js';
import type { Page } from './page.js';

export interface ScrapeServerSettings {
  /** The id of the exporter. */
  id: string;
  endpoint: Endpoint;
  /** Path of the URL, as in `/metrics`. */
  path: string;
  /** Further names of the host in requests. Without any, a request over the loopback has its own, others have any. */
  allowedHosts: readonly string[];
  /** Makes ready what the page is of. */
  refresh: () => Promise<void>;
  /** The page of this moment. */
  expose: (type: PageType) => Page;
  kept?: KeptListeners;
  events: ScrapeEvents;
}

export interface ScrapeEvents {
  /** A scraper has taken all of it. */
  served(points: number): void;
  /** A scraper could not connect, or went away before it had all. */
  brokenOff(): void;
  /** Exposing threw. */
  failed(error: unknown): void;
}

/** What decides which page is sent, and how. */
const VARY = 'accept, accept-encoding';

/** Longest time a page may take, in ms: a scraper that takes a byte now and then must not keep others waiting. */
const PAGE_MS = 60_000;

const FAILED = 'The metrics could not be collected; the log of udscope says why.';

/**
 * Collections at a time: one of 20,000 series takes ten megabytes until its scraper has read it, and a client that
 * opens all connections and does not read must not use up the agent's memory.
 */
const MAX_PAGES = 8;

/** Longest time a scraper may take to send its request, or may let pass without reading, in ms. */
const STALL_MS = 10_000;

/** Scrapers that come once a minute keep their connection. */
const KEEP_ALIVE_MS = 90_000;

/** How long a scraper may take for a chunk while others wait for their turn, in ms. */
const GIVE_WAY_MS = 250;

/** Serves one page over HTTP: the metrics of the moment. */
export class ScrapeServer {
  readonly #settings: ScrapeServerSettings;
  readonly #path: string;
  readonly #server: InetServer;
  readonly #turns = new Semaphore(MAX_PAGES);

  constructor(settings: ScrapeServerSettings) {
    this.#settings = settings;
    this.#path = pathOf(settings.path) ?? settings.path;
    const { id, endpoint, kept, events } = settings;
    this.#server = new InetServer({
      owner: id,
      endpoint,
      ...(kept === undefined ? {} : { kept }),
      requestMs: STALL_MS,
      keepAliveMs: KEEP_ALIVE_MS,
      stallMs: STALL_MS,
      hostRefusal: (request) => this.#hostRefusal(request),
      toRefusal: plainText,
      acceptFailed: () => events.brokenOff(),
      adoptFailed: (error) => events.failed(error),
      answer: (request, response, client) => void this.#answer(request, response, client),
    });
  }

  /** As `InetServer.start`. */
  start(): Promise<AddressInfo> {
    return this.#server.start();
  }

  close(deadlineMs: number): Promise<void> {
    return this.#server.close(deadlineMs);
  }

  leave(deadlineMs: number): Promise<void> {
    return this.#server.leave(deadlineMs);
  }

  #hostRefusal({ headers, socket }: IncomingMessage): string | undefined {
    const { endpoint, allowedHosts } = this.#settings;
    if (allowedHosts.length === 0 && !isLoopback(socket.localAddress ?? '')) return undefined;
    const own = endpoint.host === undefined ? [] : [endpoint.host];
    const host = foreignHost(headers.host, [...own, ...allowedHosts]);
    if (host === undefined) return undefined;
    return `${quote(host)} is no name of this machine; ask by its address, or list the name in allowed_hosts of the prometheus exporter`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, client: InetClient): Promise<void> {
    const { path } = this.#settings;
    if (pathOf(request.url) !== this.#path) {
      reply(response, 404, plainText(`Nothing here. The metrics of udscope are at ${path}`));
    } else if (request.method === 'HEAD') {
      response.writeHead(200, headersOf(request, negotiate(request.headers.accept))).end();
    } else if (request.method !== 'GET') {
      response.setHeader('allow', 'GET, HEAD');
      reply(response, 405, plainText(`The metrics of udscope can only be read: GET ${path}`));
    } else if (await this.#turn(request, response, client)) {
      const timer = setTimeout(() => request.socket.destroy(), PAGE_MS);
      try {
        await this.#serve(request, response);
      } finally {
        clearTimeout(timer);
        this.#turns.give(client);
      }
    } else {
      this.#settings.events.brokenOff();
    }
  }

  /** Waits for a turn. False: the scraper went away meanwhile. */
  async #turn(request: IncomingMessage, response: ServerResponse, client: InetClient): Promise<boolean> {
    const gone = new AbortController();
    request.once('close', () => gone.abort());
    const { signal } = gone;
    try {
      // A client may send requests without waiting for answers: a later one must not have its turn first.
      if (response.socket === null) await once(response, 'socket', { signal });
    } catch {
      return false;
    }
    return this.#turns.take(client, signal);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { expose, events } = this.#settings;
    try {
      await this.#settings.refresh();
      const type = negotiate(request.headers.accept);
      const page = expose(type);
      const headers = headersOf(request, type);
      const isTaken = acceptsGzip(request.headers['accept-encoding'])
        ? await this.#sendCompressed(page, headers, response)
        : await this.#send(page, headers, response);
      if (isTaken) events.served(page.points);
      else events.brokenOff();
      response.end();
    } catch (error) {
      events.failed(error);
      if (response.headersSent) response.destroy();
      else reply(response, 500, plainText(FAILED));
    }
  }

  async #sendCompressed(
    page: Page,
    headers: OutgoingHttpHeaders,
    response: ServerResponse,
  ): Promise<boolean> {
    const compressed = await compress(page, () => !response.req.socket.destroyed);
    if (compressed === undefined) return false;
    const { chunks, length } = compressed;
    return this.#send(chunks, { ...headers, 'content-length': length }, response);
  }

  /** Sends chunks as fast as they are taken. Returns whether all of them were. */
  async #send(
    chunks: Iterable<Uint8Array>,
    headers: OutgoingHttpHeaders,
    response: ServerResponse,
  ): Promise<boolean> {
    const { socket } = response.req;
    let isTaken = !socket.destroyed;
    for await (const chunk of inTurns(chunks)) {
      if (socket.destroyed) return false;
      if (!response.headersSent) response.writeHead(200, headers);
      await this.#write(chunk, response);
      // Who knows the length may close as soon as the last one is there, before this goes on.
      isTaken = !socket.destroyed;
    }
    return isTaken;
  }

  /** Resolves when a chunk is taken, or never will be. */
  async #write(chunk: Uint8Array, response: ServerResponse): Promise<void> {
    const { req: request } = response;
    let looks = 0;
    const giveWay = setInterval(() => {
      // This thread may have been busy, and the chunk have been taken: two looks leave time to hear of that.
      if (++looks > 1 && this.#turns.isAwaited) request.socket.destroy();
    }, GIVE_WAY_MS / 2);
    await new Promise<void>((resolve) => {
      // When the request is closed before it has its answer, the connection is gone. A response that still waits for
      // its turn on that is not called back then; others are, without an error.
      request.once('close', resolve);
      response.write(chunk, () => {
        request.off('close', resolve);
        resolve();
      });
    });
    clearInterval(giveWay);
  }
}

/** Those that GET and HEAD have in common. */
function headersOf({ headers }: IncomingMessage, type: PageType): OutgoingHttpHeaders {
  return {
    vary: VARY,
    'content-type': contentType(type),
    ...(acceptsGzip(headers['accept-encoding']) ? { 'content-encoding': 'gzip' } : {}),
  };
}

function plainText(line: string): Content {
  return { type: 'text/plain; charset=utf-8', body: `${line}\n` };
}

/** The path of a request target, in one spelling for each path; undefined when it is malformed. */
function pathOf(target: string | undefined): string | undefined {
  const base = 'http://localhost';
  return target !== undefined && URL.canParse(target, base) ? new URL(target, base).pathname : undefined;
}
