import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { settlesBefore } from '../../deadline.js';
import { ListenError, ListenSocket } from '../../receivers/uds/listen-socket.js';
import { findRoute, type Route, replyError } from './router.js';

export interface ControlServerSettings {
  /** Path of the socket. */
  readonly socket: string;
  /** Its permission bits. */
  readonly mode: number;
  readonly routes: readonly Route[];
  readonly logger: Logger;
}

/** Those who look on are few. Whoever opens more connections must not use up the agent's descriptors. */
const MAX_CONNECTIONS = 64;

/** Longest time a client may take to send its request, in ms. Reading the answer may take forever. */
const REQUEST_MS = 10_000;

/** How often the above is looked at, in ms. */
const CHECK_MS = 2000;

/** How long a client that reads has for what it was sent before the agent stopped, in ms. */
const PARTING_MS = 500;

/** HTTP/1.1 on a Unix socket. */
export class ControlServer {
  readonly #settings: ControlServerSettings;
  readonly #server: Server;
  readonly #exchanges = new Set<AbortController>();
  #socket: ListenSocket | undefined;
  #isClosing = false;

  constructor(settings: ControlServerSettings) {
    this.#settings = settings;
    this.#server = createServer(
      { headersTimeout: REQUEST_MS, requestTimeout: REQUEST_MS, connectionsCheckingInterval: CHECK_MS },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    // A connection was refused for their number: the idle ones make room for the next.
    this.#server.on('drop', () => this.#server.closeIdleConnections());
  }

  /** @throws ListenError */
  async start(): Promise<void> {
    const { socket: path, mode, logger } = this.#settings;
    const socket = ListenSocket.bind(path);
    try {
      // Nobody can connect before it listens, so nobody does under other permissions than these.
      chmodSync(path, mode);
    } catch (error) {
      socket.close();
      throw new ListenError(path, (error as Error).message, { cause: error });
    }
    this.#socket = socket;
    try {
      // From here on the descriptor is the server's, to close as well.
      this.#server.listen({ fd: socket.fd });
      await once(this.#server, 'listening');
    } catch (error) {
      this.#removeFile();
      throw new ListenError(path, (error as Error).message, { cause: error });
    }
    // Accepting failed, for want of descriptors as a rule. Unheard it would end the process.
    this.#server.on('error', (error) => logger.warn(`${path}: ${error.message}`));
  }

  /** Ends every answer that is on its way, and connections that do not take the end of it by force. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    this.#removeFile();
    // Idle connections are closed with it.
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const exchange of this.#exchanges) exchange.abort();
    if (await settlesBefore(closed, Math.min(deadlineMs, Date.now() + PARTING_MS))) return;
    this.#server.closeAllConnections();
    await closed;
  }

  #removeFile(): void {
    try {
      this.#socket?.removeFile();
    } catch (error) {
      this.#settings.logger.warn(`${this.#settings.socket} stays behind: ${(error as Error).message}`);
    }
    this.#socket = undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A body that nobody reads would keep the end of the connection from being seen.
    request.resume();
    response.once('close', () => {
      if (this.#isClosing) this.#server.closeIdleConnections();
    });
    const { routes, logger } = this.#settings;
    const routed = findRoute(routes, request.method, request.url);
    if ('status' in routed) {
      if (routed.allow !== undefined) response.setHeader('allow', routed.allow);
      replyError(response, routed.status, routed.message);
      return;
    }
    const exchange = new AbortController();
    this.#exchanges.add(exchange);
    response.once('close', () => {
      this.#exchanges.delete(exchange);
      exchange.abort();
    });
    const { signal } = exchange;
    const { path } = routed.route;
    try {
      await routed.route.answer({ query: routed.query, response, signal });
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error }, `${request.method} ${path} could not be answered`);
      // Ended in good order, half an answer would pass for a whole one.
      if (response.headersSent) response.destroy();
      else if (signal.aborted) replyError(response, 503, 'the agent is stopping');
      else replyError(response, 500, 'the agent could not answer; its log says why');
    }
  }
}
