import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { settlesBefore } from '../../deadline.js';
import { accountId } from '../../receivers/uds/accounts.js';
import { ListenError, ListenSocket } from '../../receivers/uds/listen-socket.js';
import { ControlError } from '../agent-control.js';
import { replyError } from './reply.js';
import { readJson } from './request-body.js';
import { RequestError } from './request-error.js';
import { describe, findRoute, type Route } from './router.js';

export interface ControlServerSettings {
  /** Path of the socket. */
  readonly socket: string;
  /** Its permission bits. */
  readonly mode: number;
  /** Its group, by name or id. null: that of the process. */
  readonly group: string | number | null;
  readonly routes: readonly Route[];
  readonly logger: Logger;
  readonly patience?: Patience;
}

/** How long clients may take, in ms. */
export interface Patience {
  /** To send a request. */
  readonly requestMs: number;
  /** To read nothing of an answer that has an end. After so long they make room for others. */
  readonly stallMs: number;
}

/** Those who look on are few. Whoever opens more connections must not use up the agent's descriptors. */
const MAX_CONNECTIONS = 64;

const PATIENCE: Patience = { requestMs: 10_000, stallMs: 30_000 };

/** How often a request is looked at in the time that it has: it is late by a fifth at most when it is ended. */
const CHECKS = 5;

/** chown(2): leave it as it is. */
const LEAVE = -1;

/** How long a client that reads has for what it was sent before the agent stopped, in ms. */
const PARTING_MS = 500;

/** HTTP/1.1 on a Unix socket. */
export class ControlServer {
  readonly #settings: ControlServerSettings;
  readonly #patience: Patience;
  readonly #server: Server;
  readonly #exchanges = new Set<AbortController>();
  #socket: ListenSocket | undefined;
  #isClosing = false;

  constructor(settings: ControlServerSettings) {
    this.#settings = settings;
    this.#patience = settings.patience ?? PATIENCE;
    const { requestMs } = this.#patience;
    this.#server = createServer(
      {
        headersTimeout: requestMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: requestMs / CHECKS,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    // A connection was refused for their number: the idle ones make room for the next.
    this.#server.on('drop', () => this.#server.closeIdleConnections());
  }

  /** @throws ListenError */
  async start(): Promise<void> {
    const { socket: path, mode, group, logger } = this.#settings;
    const socket = ListenSocket.bind(path);
    try {
      // Nobody can connect before it listens, so nobody does under other permissions than these. The mode comes
      // last: chown(2) clears some of its bits.
      const gid = group === null ? LEAVE : accountId('group', group);
      socket.withFile((file) => {
        if (gid !== LEAVE) file.chown(LEAVE, gid);
        file.chmod(mode);
      });
    } catch (error) {
      socket.discard();
      throw new ListenError(path, (error as Error).message, { cause: error });
    }
    if (socket.exposure !== undefined)
      logger.warn(`${path} may be removed or replaced by others than root and this user: ${socket.exposure}`);
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
    const { routes } = this.#settings;
    const routed = findRoute(routes, request.method, request.url);
    // A body that nobody reads would keep the end of the connection from being seen.
    if ('status' in routed || routed.route.body === undefined) request.resume();
    // Requests may come one after the other without waiting. Each costs next to nothing until its turn comes.
    if (response.socket === null) await new Promise((resolve) => response.once('socket', resolve));
    response.setTimeout(this.#patience.stallMs);
    response.once('close', () => {
      if (this.#isClosing) this.#server.closeIdleConnections();
    });
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
    const { route, ...asked } = routed;
    const { signal } = exchange;
    try {
      const body = route.body === undefined ? undefined : await readJson(request);
      await route.answer({ ...asked, body, response, signal });
    } catch (error) {
      // What is left of a body that was refused.
      request.resume();
      this.#refuse(error, { response, signal, what: describe(route) });
    }
  }

  #refuse(
    error: unknown,
    { response, signal, what }: { response: ServerResponse; signal: AbortSignal; what: string },
  ): void {
    // Ended in good order, half an answer would pass for a whole one.
    const refuse = (status: number, message: string) =>
      response.headersSent ? response.destroy() : replyError(response, status, message);
    if (error instanceof RequestError || error instanceof ControlError) refuse(error.status, error.message);
    else if (signal.aborted) refuse(503, 'the agent is stopping');
    else {
      this.#settings.logger.error({ err: error }, `${what} could not be answered`);
      refuse(500, 'the agent could not answer; its log says why');
    }
  }
}
