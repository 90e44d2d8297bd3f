import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { deadlineNow } from '../../async/deadline.js';
import { foreignHost } from '../../http/hosts.js';
import { type Admitted, HttpServer } from '../../http/http-server.js';
import { KeptListener, type KeptListeners } from '../../http/kept-listener.js';
import { makePrivateDirectory } from '../../layout/private-directory.js';
import { accountId } from '../../linux/passwd.js';
import { ListenError, ListenSocket } from '../../linux/unix-listener.js';
import { listenName } from '../../store/names.js';
import { quote } from '../../values/quote.js';
import { Admission, type AdmissionSettings } from './admission.js';
import { Answers } from './answers.js';
import { describePeer, peerOf } from './peer.js';
import { RefusalLog } from './refusal-log.js';
import type { Route } from './router.js';

export interface ControlServerSettings extends AdmissionSettings {
  /** Path of the socket. */
  readonly socket: string;
  /** Its permission bits. */
  readonly mode: number;
  /** Its group, by name or id. null: that of the process. */
  readonly group: string | number | null;
  readonly routes: readonly Route[];
  readonly logger: Logger;
  readonly patience?: Patience;
  readonly kept?: KeptListeners | undefined;
}

/** How long clients may take, in ms. */
export interface Patience {
  /** To send a request. */
  readonly requestMs: number;
  /** To read nothing of an answer that has an end, before they make room for others. */
  readonly stallMs: number;
}

const PATIENCE: Patience = { requestMs: 10_000, stallMs: 30_000 };

/** How long a connection may wait for its next request, in ms: a command sends one request, or a few. */
const KEEP_ALIVE_MS = 5000;

/** chown(2): leave it as it is. */
const LEAVE = -1;

/** How long a client may go on reading its answer when the agent stops, in ms. */
const PARTING_MS = 500;

/** HTTP/1.1 on a Unix socket. */
export class ControlServer {
  readonly #settings: ControlServerSettings;
  readonly #patience: Patience;
  /** A client is its description in the log. */
  readonly #server: HttpServer<string>;
  readonly #answers: Answers;
  readonly #refusals: RefusalLog;
  #admission: Admission | undefined;
  #socket: ListenSocket | undefined;
  readonly #listener: KeptListener;

  constructor(settings: ControlServerSettings) {
    this.#settings = settings;
    this.#patience = settings.patience ?? PATIENCE;
    this.#refusals = new RefusalLog(settings.logger);
    this.#listener = new KeptListener(listenName(settings.socket), settings.kept);
    this.#server = new HttpServer<string>({
      requestMs: this.#patience.requestMs,
      keepAliveMs: KEEP_ALIVE_MS,
      admit: (socket) => this.#admit(socket),
      hostRefusal: ({ headers }) => hostRefusal(headers.host),
      toRefusal: (message) => ({ type: 'application/json', body: `${JSON.stringify({ error: message })}\n` }),
      acceptFailed: (error) => settings.logger.warn(`${settings.socket}: ${error.message}`),
      answer: (request, response, client) =>
        void this.#answers.answer(request, response, () => this.#log(request, response, client)),
    });
    this.#answers = new Answers({
      routes: settings.routes,
      stallMs: this.#patience.stallMs,
      logger: settings.logger,
      spare: (response) => this.#server.spare(response),
    });
  }

  /** Goes on with the socket of an earlier process, or listens. @throws ListenError */
  async start(): Promise<void> {
    const { socket: path, group, logger } = this.#settings;
    const [adopted, gid] = asListenError(path, () => {
      this.#admission = new Admission(this.#settings);
      const id = group === null ? undefined : accountId('group', group);
      makePrivateDirectory(dirname(path), { group: id });
      return [this.#adopt(), id] as const;
    });
    if (adopted === undefined) await this.#listen(gid);
    else {
      this.#socket = adopted;
      asListenError(path, () => this.#giveAccess(adopted, gid));
      this.#listener.acceptLater(adopted.fd, (fd) => {
        this.#server
          .listen({ fd })
          .catch((error: unknown) => logger.error({ err: error }, `cannot go on listening on ${path}`));
      });
    }
  }

  /** Ends every answer that is being sent, then cuts the connections that are left. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#listener.giveBack()) return;
    this.#listener.drop();
    this.#removeFile();
    const closed = this.#server.close(Math.min(deadlineMs, deadlineNow() + PARTING_MS));
    this.#answers.abort();
    await closed;
  }

  /** As `close`, where another process goes on listening. */
  async leave(deadlineMs: number): Promise<void> {
    if (this.#listener.giveBack()) return;
    const left = this.#server.leave(Math.min(deadlineMs, deadlineNow() + PARTING_MS));
    this.#answers.abort();
    await left;
  }

  /** The socket of an earlier process, if clients still reach it. */
  #adopt(): ListenSocket | undefined {
    const fd = this.#listener.take();
    if (fd === undefined) return undefined;
    const { socket: path, logger } = this.#settings;
    const socket = ListenSocket.adopt(path, fd, 'stream');
    if (typeof socket !== 'string') return socket;
    logger.warn(`${path} is bound anew: ${socket}`);
    this.#listener.reject(fd);
    return undefined;
  }

  async #listen(gid: number | undefined): Promise<void> {
    const { socket: path } = this.#settings;
    const socket = ListenSocket.bind(path);
    try {
      // No client can connect before it listens, so none connects under other permissions.
      this.#giveAccess(socket, gid);
    } catch (error) {
      socket.discard();
      throw new ListenError(path, (error as Error).message, { cause: error });
    }
    this.#socket = socket;
    try {
      // From here on the server owns the descriptor, and closes it.
      await this.#server.listen({ fd: socket.fd });
    } catch (error) {
      this.#removeFile();
      throw new ListenError(path, (error as Error).message, { cause: error });
    }
    this.#listener.keep(socket.fd);
  }

  #giveAccess(socket: ListenSocket, gid: number | undefined): void {
    socket.withFile((file) => {
      // The mode comes last: chown(2) clears some of its bits.
      if (gid !== undefined) file.chown(LEAVE, gid);
      file.chmod(this.#settings.mode);
    });
  }

  /** The kernel recorded the client when it connected; nothing that it sends later can change that. */
  #admit(socket: Socket): Admitted<string> {
    const peer = peerOf(socket);
    const refusal =
      this.#admission === undefined ? 'the agent is not ready yet' : this.#admission.refusal(peer);
    const describe = () => (peer === undefined ? 'a client' : describePeer(socket, peer));
    if (peer !== undefined && refusal === undefined) {
      return { client: describe(), share: String(peer.uid) };
    }
    const reason = refusal ?? 'it is not known who it is';
    this.#refusals.refused(() => `${this.#settings.socket}: ${describe()} was refused: ${reason}`);
    return { refusal: reason };
  }

  #removeFile(): void {
    try {
      this.#socket?.removeFile();
    } catch (error) {
      this.#settings.logger.warn(`${this.#settings.socket} stays behind: ${(error as Error).message}`);
    }
    this.#socket = undefined;
  }

  /** Logs who asked for each change, done or refused. Requests that make no sense are left out. */
  #log({ method, url = '' }: IncomingMessage, { statusCode }: ServerResponse, client: string): void {
    if (method === 'GET') return;
    this.#settings.logger.info(`${method} ${quote(url)} by ${client}: ${statusCode}`);
  }
}

/** @throws ListenError */
function asListenError<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ListenError) throw error;
    throw new ListenError(path, (error as Error).message, { cause: error });
  }
}

/** A URL needs a host, whatever its name. A name without dots resolves to no host that a browser elsewhere could be led to. */
const PLACEHOLDER = /^[A-Za-z0-9_-]+$/;

/** A page in a browser gets here only through a proxy of TCP connections, and sends the name of its own host. */
function hostRefusal(header: string | undefined): string | undefined {
  const host = foreignHost(header, []);
  if (host === undefined || PLACEHOLDER.test(host)) return undefined;
  return `${quote(host)} is no name of this machine; ask for http://localhost/`;
}
