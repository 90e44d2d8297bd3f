import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { deadlineNow } from '../../async/deadline.js';
import { foreignHost } from '../../http/hosts.js';
import { type InetClient, InetServer } from '../../http/inet-server.js';
import type { KeptListeners } from '../../http/kept-listener.js';
import { type Content, reply } from '../../http/reply.js';
import type { Endpoint } from '../../values/endpoint.js';
import { quote } from '../../values/quote.js';
import type { ReadOnlyApi } from '../extension.js';
import { PageFiles } from './files.js';
import { originRefusal } from './request-origin.js';
import { StreamPlaces } from './stream-places.js';

export interface DashboardServerSettings {
  /** The id of the extension. */
  readonly id: string;
  readonly endpoint: Endpoint;
  /** Further names of the host in requests. */
  readonly allowedHosts: readonly string[];
  readonly api: ReadOnlyApi;
  readonly logger: Logger;
  readonly files?: PageFiles;
  readonly kept?: KeptListeners;
}

/** Longest time for a request to come in full, or for nothing of an answer to be read, in ms. */
const STALL_MS = 10_000;

/** How long a connection may wait for its next request, in ms: the page asks every few seconds. */
const KEEP_ALIVE_MS = 30_000;

/** How long a browser may go on reading its answer when the agent stops, in ms. */
const PARTING_MS = 500;

/** Streams of events at a time, each of which looks for new ones many times a second. A page has one. */
const MAX_STREAMS = 16;

const EVENTS = '/v1/events';

/**
 * The page loads nothing from elsewhere and runs nothing that is not in its files; whatever it is shown, text is text. uPlot sets styles by
 * script, which style-src does not forbid.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = new Map([
  ['content-security-policy', POLICY],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'same-origin'],
]);

/** Serves the page, and what it shows. */
export class DashboardServer {
  readonly #settings: DashboardServerSettings;
  readonly #files: PageFiles;
  readonly #server: InetServer;
  readonly #streams = new StreamPlaces(MAX_STREAMS);

  constructor(settings: DashboardServerSettings) {
    const { id, endpoint, kept, logger, files = new PageFiles() } = settings;
    this.#settings = settings;
    this.#files = files;
    this.#server = new InetServer({
      owner: id,
      endpoint,
      ...(kept === undefined ? {} : { kept }),
      requestMs: STALL_MS,
      keepAliveMs: KEEP_ALIVE_MS,
      hostRefusal: ({ headers }) => this.#hostRefusal(headers.host),
      toRefusal: plainText,
      acceptFailed: (error) => logger.warn(`the dashboard could not accept a connection: ${error.message}`),
      adoptFailed: (error) => logger.error({ err: error }, 'the dashboard cannot go on listening'),
      answer: (request, response, client) => void this.#answer(request, response, client),
    });
  }

  /** As `InetServer.start`. */
  start(): Promise<AddressInfo> {
    return this.#server.start();
  }

  /** Ends streams, then everything else. */
  async close(deadlineMs: number): Promise<void> {
    const closed = this.#server.close(Math.min(deadlineMs, deadlineNow() + PARTING_MS));
    this.#settings.api.abort();
    await closed;
  }

  async leave(deadlineMs: number): Promise<void> {
    const left = this.#server.leave(Math.min(deadlineMs, deadlineNow() + PARTING_MS));
    this.#settings.api.abort();
    await left;
  }

  #hostRefusal(header: string | undefined): string | undefined {
    const { endpoint, allowedHosts } = this.#settings;
    const own = endpoint.host === undefined ? [] : [endpoint.host];
    const host = foreignHost(header, [...own, ...allowedHosts]);
    if (host === undefined) return undefined;
    return `${quote(host)} is no name of this machine; ask by its address, or list the name in allowed_hosts of the dashboard extension`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, client: InetClient): Promise<void> {
    for (const [name, value] of HEADERS) response.setHeader(name, value);
    const path = pathOf(request.url);
    const isApi = path.startsWith('/v1/');
    const refusal = originRefusal(request.headers, path === '/');
    const methods = isApi ? ['GET'] : ['GET', 'HEAD'];
    if (refusal !== undefined) {
      refuse(request, response, 403, refusal);
    } else if (!methods.includes(request.method ?? '')) {
      response.setHeader('allow', methods.join(', '));
      refuse(request, response, 405, 'the dashboard only shows: it takes no other method');
    } else if (path === EVENTS) {
      await this.#stream(request, response, client);
    } else if (isApi) {
      await this.#settings.api.answer(request, response);
    } else if (this.#files.has(path)) {
      await this.#sendFile(path, request, response);
    } else {
      refuse(request, response, 404, 'there is nothing here; the dashboard is at /');
    }
  }

  async #stream(request: IncomingMessage, response: ServerResponse, client: InetClient): Promise<void> {
    request.resume();
    // A client may send several requests without waiting. Of those whose turn never comes, Node does not say that they are closed.
    if (response.socket === null) await new Promise((resolve) => response.once('socket', resolve));
    if (!this.#streams.enter(client, response)) {
      response.setHeader('retry-after', '5');
      refuse(request, response, 503, `${MAX_STREAMS} streams of calls are open; close one`);
      return;
    }
    await this.#settings.api.answer(request, response);
  }

  async #sendFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    response.setTimeout(STALL_MS);
    try {
      await this.#files.answer(path, request, response);
    } catch (error) {
      this.#settings.logger.error({ err: error }, `the dashboard's ${path} cannot be read`);
      refuse(request, response, 500, 'the page is not there; the log of udscope says why');
    }
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
  // With its body unread, the end of the connection would not be seen.
  request.resume();
  reply(response, status, plainText(message));
}

function plainText(line: string): Content {
  return { type: 'text/plain; charset=utf-8', body: `${line}\n` };
}

/** The path of a request target; of one that is malformed, a path where nothing is. */
function pathOf(target = ''): string {
  const base = 'http://localhost';
  return target.startsWith('/') && URL.canParse(target, base) ? new URL(target, base).pathname : '';
}
