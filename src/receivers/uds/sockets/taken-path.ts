import { lstatSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { forgetTakeover, recordTakeover } from '../../../layout/takeover-records.js';
import { asidePath } from '../../../linux/front.js';
import type { FileIdentity, HeldFile } from '../../../linux/held-file.js';
import type { SocketType } from '../../../linux/socket-type.js';
import { putBackStale, Takeover, upstreamAsidePath } from '../../../linux/takeover.js';
import { ListenError, ListenSocket } from '../../../linux/unix-listener.js';

/** A path that a relay socket takes over from its upstream: what is bound for it, and what becomes of both. */
export class TakenPath {
  readonly #path: string;
  readonly #takeover: Takeover;
  readonly #records: string;
  readonly #logger: Logger;
  #isTaken = false;
  /** Why it could not be taken, as it was last logged. */
  #problem: string | undefined;

  private constructor(path: string, front: FileIdentity, records: string, logger: Logger) {
    this.#path = path;
    this.#takeover = new Takeover(path, front);
    this.#records = records;
    this.#logger = logger;
  }

  /**
   * Binds and listens beside the path. An agent that finds a socket there on which somebody listens knows that another has
   * the path.
   *
   * @param records directory of the records of what is taken over
   * @throws ListenError
   */
  static bind(
    path: string,
    type: SocketType,
    records: string,
    logger: Logger,
  ): { socket: ListenSocket; taken: TakenPath } {
    try {
      if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true)
        throw new Error('it is a symbolic link; give the path of the socket itself');
      putBackStale(path);
      recordTakeover(records, path);
      const socket = bindBeside(path, type, records);
      // A socket with a path has a file.
      const taken = new TakenPath(path, socket.file as FileIdentity, records, logger);
      return { socket, taken };
    } catch (error) {
      throw new ListenError(path, `it cannot be taken over: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Goes on with a path that an earlier process has taken over, with the socket that it has left. @throws ListenError */
  static adopt(path: string, socket: ListenSocket, records: string, logger: Logger): TakenPath {
    try {
      recordTakeover(records, path);
    } catch (error) {
      throw new ListenError(path, `it cannot be taken over: ${(error as Error).message}`, { cause: error });
    }
    const taken = new TakenPath(path, socket.file as FileIdentity, records, logger);
    taken.#isTaken = taken.#looksTaken();
    return taken;
  }

  /** Where its server's socket is while it is taken. */
  get upstream(): string {
    return upstreamAsidePath(this.#path);
  }

  /** Whether clients that connect to the path reach us. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /**
   * Takes the path, or leaves it, as its server is up or down. `dress` gives our socket the access of `upstream`. Returns
   * whether that has changed.
   *
   * @param isFirst a server that is there was there before us, and need not be waited for
   */
  follow(dress: () => void, isFirst = false): boolean {
    try {
      this.#takeover.follow(isFirst ? Number.POSITIVE_INFINITY : performance.now(), dress);
      this.#problem = undefined;
    } catch (error) {
      this.#say(`it is not taken over: ${(error as Error).message}`);
    }
    const before = this.#isTaken;
    this.#isTaken = this.#looksTaken();
    return this.#isTaken !== before;
  }

  /** Our socket was bound anew. */
  replaceFront(front: FileIdentity): void {
    this.#takeover.replaceFront(front);
  }

  withUpstream(action: (file: HeldFile) => void): void {
    this.#takeover.withUpstream(action);
  }

  /** Leaves the path to its server for good. Clients that have reached us can still be served. */
  putBack(): void {
    this.#attempt(() => this.#takeover.putBack());
  }

  /** Removes what is left. */
  cleanUp(): void {
    this.#attempt(() => {
      this.#takeover.cleanUp();
      if (!this.#looksTaken()) forgetTakeover(this.#records, this.#path);
    });
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#say(`it is not put back: ${(error as Error).message}`);
    }
  }

  #looksTaken(): boolean {
    try {
      return this.#takeover.isTaken;
    } catch {
      return false;
    }
  }

  #say(problem: string): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#logger.error(`${this.#path}: ${problem}`);
  }
}

/** It listens at once, so that another agent does not take it for one that has died. */
function bindBeside(path: string, type: SocketType, records: string): ListenSocket {
  try {
    const socket = ListenSocket.bind(asidePath(path), type);
    socket.listen();
    return socket;
  } catch (error) {
    forgetTakeover(records, path);
    throw error;
  }
}
