import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { type CurrentAccess, currentAccess, giveAccess } from '../../../linux/socket-access.js';
import { ListenError, ListenSocket } from '../../../linux/unix-listener.js';
import type { RelayedSocket } from './relayed-socket.js';

/** What a relayed socket listens on, and its file with the access of the upstream. */
export class RelaySocketFile {
  #config: RelayedSocket;
  #socket: ListenSocket;
  readonly #logger: Logger;
  /** What the file was given last. */
  #access: CurrentAccess | undefined;
  /** What was last logged about its access, so that it is not logged again. */
  #warning: string | undefined;

  private constructor(config: RelayedSocket, socket: ListenSocket, logger: Logger) {
    this.#config = config;
    this.#socket = socket;
    this.#logger = logger;
  }

  /** Binds the configured path. Nobody can connect before `listen`. @throws ListenError */
  static bind(config: RelayedSocket, logger: Logger): RelaySocketFile {
    const { listen, upstream } = config;
    const file = new RelaySocketFile(config, ListenSocket.bind(listen), logger);
    const { exposure } = file.#socket;
    if (exposure !== undefined)
      logger.warn(`${listen} may be removed or replaced by others than root and this user: ${exposure}`);
    asListenError(file.#socket, () => file.#giveAccess(file.#socket, currentAccess(config, upstream)));
    return file;
  }

  get fd(): number {
    return this.#socket.fd;
  }

  /** Whether clients that connect to the path reach it. */
  get isInPlace(): boolean {
    return this.#socket.isInPlace;
  }

  /** @throws ListenError */
  listen(): void {
    this.#socket.listen();
  }

  /** Has the access that a changed configuration asks for. It is live: a wrong owner must not take it down. */
  change(config: RelayedSocket): void {
    this.#config = config;
    try {
      this.#giveAccess(this.#socket, currentAccess(config, config.upstream));
    } catch (error) {
      this.#logger.error(`${config.listen} keeps its old owner and mode: ${(error as Error).message}`);
    }
  }

  /**
   * Has the access of its upstream as that is now. While there is no upstream it keeps what it has: nobody can reach
   * anything through it. `anew`: also if it seems to have that access already.
   */
  followAccess({ anew }: { anew: boolean }): void {
    const { listen, upstream } = this.#config;
    try {
      const wanted = currentAccess(this.#config, upstream);
      if (wanted.isPending || (!anew && isDeepStrictEqual(wanted, this.#access))) return;
      this.#giveAccess(this.#socket, wanted);
    } catch (error) {
      this.#warn(`${listen} keeps its old owner and mode: ${(error as Error).message}`);
    }
  }

  /**
   * Binds the path anew, at which something else is, or nothing, and listens there. Returns the socket that listened
   * until now.
   *
   * @throws ListenError; all is as before then.
   */
  rebind(): ListenSocket {
    const { listen, upstream } = this.#config;
    const former = this.#socket;
    const socket = ListenSocket.bind(listen);
    asListenError(socket, () => {
      const wanted = currentAccess(this.#config, upstream);
      this.#giveAccess(socket, wanted.isPending ? (this.#access ?? wanted) : wanted);
      socket.listen();
    });
    this.#socket = socket;
    return former;
  }

  /** Stops listening and removes the file. */
  close(): void {
    try {
      this.#socket.close();
    } catch (error) {
      this.#logger.warn(`${this.#config.listen} stays behind: ${(error as Error).message}`);
    }
  }

  #giveAccess(socket: ListenSocket, wanted: CurrentAccess): void {
    let refused: string | undefined;
    socket.withFile((file) => {
      refused = giveAccess(file, wanted, this.#config);
    });
    this.#access = wanted;
    this.#warn(refused === undefined ? undefined : `cannot give ${this.#config.listen} the ${refused}`);
  }

  #warn(warning: string | undefined): void {
    if (warning !== undefined && warning !== this.#warning) this.#logger.warn(warning);
    this.#warning = warning;
  }
}

/** A socket that cannot be made ready is of no use, and its file must not stay. */
function asListenError(socket: ListenSocket, action: () => void): void {
  try {
    action();
  } catch (error) {
    socket.discard();
    throw new ListenError(socket.path, (error as Error).message, { cause: error });
  }
}
