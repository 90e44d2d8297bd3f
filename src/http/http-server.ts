import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { settlesBefore } from '../async/deadline.js';
import { Room, type RoomLimits } from './room.js';
import { type Refusal, TurnedAway } from './turned-away.js';

/** Who has connected, before a byte was read; `share`: connections with the same one are of the same client. */
export type Admitted<Client> =
  | { readonly client: Client; readonly share: string }
  | { readonly refusal: string };

export interface HttpServerSettings<Client> {
  /** Longest time for a request to come in full, in ms. */
  readonly requestMs: number;
  /** How long a connection may wait for its next request, in ms. */
  readonly keepAliveMs: number;
  /** Longest time a connection may do nothing while it is answered, in ms. Left out: for ever. */
  readonly stallMs?: number;
  /** Default: LIMITS. */
  readonly limits?: RoomLimits;
  admit(socket: Socket): Admitted<Client>;
  /** Why a request is refused for the host that it was sent to; undefined when it is not. */
  hostRefusal(request: IncomingMessage): string | undefined;
  /** A refusal as clients of this server read it. */
  toRefusal(message: string): Refusal;
  /** Answers a request. The promise is not waited for. */
  answer(request: IncomingMessage, response: ServerResponse, client: Client): void;
}

/** Clients of the agent are few, and must not use up its descriptors; but one of them must not shut out the others. */
export const LIMITS: RoomLimits = { connections: 128, perClient: 64 };

/** How often a request is looked at in the time that it has: it is late by a fifth at most when it is ended. */
const CHECKS = 5;

/** Forbidden, Misdirected Request (RFC 9110). */
const FORBIDDEN = 403;
const MISDIRECTED = 421;

/**
 * An HTTP/1.1 server with limits: in time, in connections, in all and of each client, and in who may ask as what.
 * Where it listens is said to `server`.
 */
export class HttpServer<Client> {
  readonly server: Server;
  readonly #settings: HttpServerSettings<Client>;
  readonly #room: Room;
  readonly #turnedAway = new TurnedAway();
  readonly #clients = new WeakMap<Socket, Client>();
  #isClosing = false;

  constructor(settings: HttpServerSettings<Client>) {
    const { requestMs, keepAliveMs, stallMs = 0, limits = LIMITS } = settings;
    this.#settings = settings;
    this.#room = new Room(limits);
    this.server = createServer(
      {
        headersTimeout: requestMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: requestMs / CHECKS,
        keepAliveTimeout: keepAliveMs,
      },
      (request, response) => this.#answer(request, response),
    );
    this.server.timeout = stallMs;
    // Node begins to read with its own listener, which gets a connection when it has been let in.
    const serve = this.server.listeners('connection');
    this.server.removeAllListeners('connection');
    this.server.on('connection', (socket: Socket) => {
      if (this.#letIn(socket)) for (const listener of serve) listener.call(this.server, socket);
    });
  }

  /**
   * Listens no longer, closes at once what waits for no answer, and the rest when it has its answer or at `deadlineMs`
   * (as of `deadlineNow`).
   */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.#turnedAway.closeAll();
    this.#room.closeWaiting();
    if (await settlesBefore(closed, deadlineMs)) return;
    this.#room.closeAll();
    await closed;
  }

  #letIn(socket: Socket): boolean {
    const admitted = this.#settings.admit(socket);
    if ('refusal' in admitted) {
      this.#turnedAway.tell(socket, FORBIDDEN, this.#settings.toRefusal(admitted.refusal));
      return false;
    }
    if (!this.#room.enter(socket, admitted.share)) {
      socket.destroy();
      return false;
    }
    this.#clients.set(socket, admitted.client);
    return true;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#room.begin(socket, response, (isWaiting) => {
      if (this.#isClosing && isWaiting) socket.destroy();
    });
    const refusal = this.#settings.hostRefusal(request);
    if (refusal === undefined) {
      this.#settings.answer(request, response, this.#clients.get(socket) as Client);
      return;
    }
    // A body that nobody reads would keep the end of the connection from being seen.
    request.resume();
    const { type, body } = this.#settings.toRefusal(refusal);
    response.writeHead(MISDIRECTED, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }
}
