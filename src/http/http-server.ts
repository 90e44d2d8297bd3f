import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ListenOptions, Socket } from 'node:net';
import { deadlineNow, settlesBefore } from '../async/deadline.js';
import { descriptorOf } from './handle-descriptor.js';
import { type Content, reply } from './reply.js';
import { Room, type RoomLimits } from './room.js';
import { TurnedAway } from './turned-away.js';

/** The client of a connection, before a byte was read. Connections with the same `share` are of the same client. */
export type Admitted<Client> =
  | { readonly client: Client; readonly share: string }
  | { readonly refusal: string };

export interface HttpServerSettings<Client> {
  /** Longest time for a request to come in full, in ms. */
  readonly requestMs: number;
  /** How long a connection may wait for its next request, in ms. */
  readonly keepAliveMs: number;
  /** Longest time a connection may do nothing while it is answered, in ms. Default: no limit. */
  readonly stallMs?: number;
  /** Default: LIMITS. */
  readonly limits?: RoomLimits;
  admit(socket: Socket): Admitted<Client>;
  /** Why a request is refused for the host that it was sent to; undefined when it is not. */
  hostRefusal(request: IncomingMessage): string | undefined;
  /** A refusal as clients of this server read it. */
  toRefusal(message: string): Content;
  /** A connection could not be accepted, as a rule for want of descriptors. The server goes on. */
  acceptFailed(error: Error): void;
  /** Answers a request. */
  answer(request: IncomingMessage, response: ServerResponse, client: Client): void;
}

/** Clients of the agent are few. They must not use up its descriptors, and one must not shut out the others. */
export const LIMITS: RoomLimits = { connections: 128, perClient: 64 };

/**
 * Answers that a connection may wait for at a time. Hardly a client sends a request before it has the last answer; one that sends
 * thousands takes the memory and the time of all.
 */
const AWAITED_MAX = 16;

/** How often a request is looked at in the time that it has: a late one is ended a fifth of that too late at most. */
const CHECKS = 5;

/** How soon the first request of a connection comes, in ms. */
const FIRST_REQUEST_MS = 250;

/** Forbidden, Misdirected Request (RFC 9110). */
const FORBIDDEN = 403;
const MISDIRECTED = 421;

/** An HTTP/1.1 server with limits: on time, on connections in all and of each client, and on clients and hosts. */
export class HttpServer<Client> {
  readonly #server: Server;
  readonly #settings: HttpServerSettings<Client>;
  readonly #room: Room;
  readonly #turnedAway = new TurnedAway();
  readonly #clients = new WeakMap<Socket, Client>();
  #isClosing = false;
  /** Connections that have their answer first. */
  readonly #spared = new Set<Socket>();

  constructor(settings: HttpServerSettings<Client>) {
    const { requestMs, keepAliveMs, stallMs = 0, limits = LIMITS } = settings;
    this.#settings = settings;
    this.#room = new Room(limits);
    this.#server = createServer(
      {
        headersTimeout: requestMs,
        requestTimeout: requestMs,
        connectionsCheckingInterval: requestMs / CHECKS,
        keepAliveTimeout: keepAliveMs,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.timeout = stallMs;
    // Node takes a connection for idle once its response is ended, sent or not. The room knows better.
    this.#server.closeIdleConnections = () => {};
    // Node's own listener begins to read. It gets a connection when that has been let in.
    const serve = this.#server.listeners('connection');
    this.#server.removeAllListeners('connection');
    this.#server.on('connection', (socket: Socket) => {
      if (this.#letIn(socket)) for (const listener of serve) listener.call(this.#server, socket);
    });
  }

  /**
   * Listens, and says where.
   *
   * @throws Error of the system call that failed.
   */
  async listen(options: ListenOptions | { readonly fd: number }): Promise<ReturnType<Server['address']>> {
    this.#server.listen(options);
    await once(this.#server, 'listening');
    // Without a listener the error would end the process.
    this.#server.on('error', (error) => this.#settings.acceptFailed(error));
    return this.#server.address();
  }

  /** The descriptor that it listens on, which stays its own. */
  get descriptor(): number | undefined {
    return descriptorOf(this.#server);
  }

  /**
   * Stops listening, closes connections that wait for no answer at once, and others when they have theirs or at
   * `deadlineMs` (as of `deadlineNow`). It does not wait for those that are spared.
   */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#turnedAway.closeAll();
    this.#room.closeWaiting();
    if (await settlesBefore(closed, deadlineMs)) return;
    this.#room.closeAll(this.#spared);
    if (this.#spared.size === 0) await closed;
  }

  /** As `close`, where another process goes on listening: who has connected here is answered here, if he asks soon. */
  async leave(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#room.closeIdle();
    if (!(await settlesBefore(closed, Math.min(deadlineMs, deadlineNow() + FIRST_REQUEST_MS))))
      await this.close(deadlineMs);
  }

  /** Leaves the connection of an answer open until that is sent, however long it takes and whenever the server closes. */
  spare(response: ServerResponse): void {
    const { socket } = response;
    if (socket === null) return;
    this.#spared.add(socket);
    response.setTimeout(0);
    response.once('close', () => this.#spared.delete(socket));
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
    // What came in one piece with the request that was too much is still handed out.
    if (socket.destroyed) return;
    if (this.#room.awaited(socket) >= AWAITED_MAX) {
      socket.destroy();
      return;
    }
    this.#room.begin(socket, response, (isWaiting) => {
      if (this.#isClosing && isWaiting) socket.destroy();
    });
    const refusal = this.#settings.hostRefusal(request);
    if (refusal === undefined) {
      this.#settings.answer(request, response, this.#clients.get(socket) as Client);
      return;
    }
    // With its body unread, the end of the connection would not be seen.
    request.resume();
    reply(response, MISDIRECTED, this.#settings.toRefusal(refusal));
  }
}
