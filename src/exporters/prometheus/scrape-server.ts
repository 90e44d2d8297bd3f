import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Turns } from '../../async/semaphore.js';
import { acceptsGzip } from '../../http/accepts-gzip.js';
import { clientOfAddress, isLoopback } from '../../http/client-address.js';
import { foreignHost } from '../../http/hosts.js';
import { HttpServer } from '../../http/http-server.js';
import { listen } from '../../http/listen.js';
import type { Endpoint } from '../../values/endpoint.js';
import { quote } from '../../values/quote.js';
import type { Exposed } from './exposition.js';
import { gzipBody, inTurns, type Page, plainBody } from './page.js';

/** A scraper, as far as it can be told from others. */
type Client = string;

export interface ScrapeServerSettings {
  endpoint: Endpoint;
  /** Path of the URL, as in `/metrics`. */
  path: string;
  /** Names by which it may be asked beside its own; if none is listed, over the loopback none, otherwise every name. */
  allowedHosts: readonly string[];
  expose: () => Promise<Exposed>;
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

/** The version of the text format is part of its type; Prometheus 3 wants to know it. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const PLAIN_TEXT = 'text/plain; charset=utf-8';

/** Longest time a page may take, in ms: who takes a byte now and then must not keep others from theirs. */
const PAGE_MS = 60_000;

const FAILED = 'The metrics could not be collected; the log of udscope says why.\n';

/**
 * Collections that are there at a time: one of 20,000 series takes ten megabytes until the last scraper has read it, and
 * who opens all connections and does not read must not use up the agent's memory.
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
  readonly #server: HttpServer<Client>;
  readonly #turns = new Turns(MAX_PAGES);

  constructor(settings: ScrapeServerSettings) {
    this.#settings = settings;
    this.#path = pathOf(settings.path) ?? settings.path;
    this.#server = new HttpServer<Client>({
      requestMs: STALL_MS,
      keepAliveMs: KEEP_ALIVE_MS,
      stallMs: STALL_MS,
      admit: ({ remoteAddress = '' }) => {
        const client = clientOfAddress(remoteAddress);
        return { client, share: client };
      },
      hostRefusal: (request) => this.#hostRefusal(request),
      toRefusal: (message) => ({ type: PLAIN_TEXT, body: `${message}\n` }),
      answer: (request, response, client) => void this.#answer(request, response, client),
    });
  }

  /** @throws Error that says what cannot be listened on, and why. */
  async start(): Promise<AddressInfo> {
    const address = await listen(this.#server.server, this.#settings.endpoint);
    // Accepting failed, for want of descriptors as a rule. Unheard it would end the process.
    this.#server.server.on('error', () => this.#settings.events.brokenOff());
    return address;
  }

  /** Closes idle connections at once, busy ones when they have their answer or at `deadlineMs`. */
  close(deadlineMs: number): Promise<void> {
    return this.#server.close(deadlineMs);
  }

  #hostRefusal({ headers, socket }: IncomingMessage): string | undefined {
    const { endpoint, allowedHosts } = this.#settings;
    if (allowedHosts.length === 0 && !isLoopback(socket.localAddress ?? '')) return undefined;
    const own = endpoint.host === undefined ? [] : [endpoint.host];
    const host = foreignHost(headers.host, [...own, ...allowedHosts]);
    if (host === undefined) return undefined;
    return `${quote(host)} is no name of this machine; ask by its address, or list the name in allowed_hosts of the prometheus exporter`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, client: Client): Promise<void> {
    const { path } = this.#settings;
    if (pathOf(request.url) !== this.#path) {
      reply(response, 404, PLAIN_TEXT, `Nothing here. The metrics of udscope are at ${path}\n`);
    } else if (request.method === 'HEAD') {
      response.writeHead(200, { 'content-type': CONTENT_TYPE }).end();
    } else if (request.method !== 'GET') {
      response.setHeader('allow', 'GET, HEAD');
      reply(response, 405, PLAIN_TEXT, `The metrics of udscope can only be read: GET ${path}\n`);
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
  async #turn(request: IncomingMessage, response: ServerResponse, client: Client): Promise<boolean> {
    const gone = new AbortController();
    request.once('close', () => gone.abort());
    const { signal } = gone;
    try {
      // Of requests that come one after the other without waiting, a later one must not have its turn first.
      if (response.socket === null) await once(response, 'socket', { signal });
    } catch {
      return false;
    }
    return this.#turns.take(client, signal);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { expose, events } = this.#settings;
    try {
      const { page, points } = await expose();
      const isZipped = acceptsGzip(request.headers['accept-encoding']);
      const toBody = isZipped ? gzipBody : plainBody;
      const body = await toBody(page, () => !request.socket.destroyed);
      if (body === undefined) {
        events.brokenOff();
        return;
      }
      if (isZipped) response.setHeader('content-encoding', 'gzip');
      response.setHeader('vary', 'accept-encoding');
      response.writeHead(200, { 'content-type': CONTENT_TYPE, 'content-length': body.length });
      if (await this.#send(body.chunks, request, response)) events.served(points);
      else events.brokenOff();
      // Node takes a connection for idle once its response is ended, unsent as it may be, and would cut off
      // a page that is still on its way when the server is closed.
      response.end();
    } catch (error) {
      events.failed(error);
      if (response.headersSent) response.destroy();
      else reply(response, 500, PLAIN_TEXT, FAILED);
    }
  }

  /** Sends chunks as fast as they are taken. Returns whether all of them were. */
  async #send(chunks: Page, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { socket } = request;
    for await (const chunk of inTurns(chunks)) {
      if (socket.destroyed) return false;
      let looks = 0;
      const giveWay = setInterval(() => {
        // This thread may have been busy, and the chunk been taken: that is heard of between two looks.
        if (++looks > 1 && this.#turns.isAwaited) socket.destroy();
      }, GIVE_WAY_MS / 2);
      await new Promise<void>((resolve) => {
        // Closed before it has its answer: the connection is gone. A response that still waits for its turn on
        // that is not called back then; others are, without an error.
        request.once('close', resolve);
        response.write(chunk, () => {
          request.off('close', resolve);
          resolve();
        });
      });
      clearInterval(giveWay);
    }
    return !socket.destroyed;
  }
}

/** The path of a request target, in one spelling for each path; undefined when it is malformed. */
function pathOf(target: string | undefined): string | undefined {
  const base = 'http://localhost';
  return target !== undefined && URL.canParse(target, base) ? new URL(target, base).pathname : undefined;
}

function reply(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}
