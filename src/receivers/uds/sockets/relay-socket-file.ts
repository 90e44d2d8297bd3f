import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Appearance } from '../../../linux/front.js';
import type { FileIdentity } from '../../../linux/held-file.js';
import { receptionAt } from '../../../linux/listener-probe.js';
import { close } from '../../../linux/socket.js';
import {
  type ActualAccess,
  actualAccess,
  type CurrentAccess,
  currentAccess,
  giveAccess,
} from '../../../linux/socket-access.js';
import type { SocketType } from '../../../linux/socket-type.js';
import { ListenError, ListenSocket } from '../../../linux/unix-listener.js';
import type { DescriptorStore } from '../../../store/descriptor-store.js';
import { listenName } from '../../../store/names.js';
import { takeKept } from './kept-socket.js';
import type { RelayedSocket } from './relayed-socket.js';
import { TakenPath } from './taken-path.js';
import { UpstreamPresence } from './upstream-presence.js';
import { UpstreamType } from './upstream-type.js';

/** How long a file that could not be hidden is left as it is, in ms: descriptors had run out, or the directory is read-only. */
const HIDE_AGAIN_MS = 5000;

export interface RelaySocketFileContext {
  readonly logger: Logger;
  /** Keeps the socket for the next process. */
  readonly store: DescriptorStore;
  /** Directory of the records of paths that are taken over. */
  readonly takeovers: () => string;
}

/** What a file is made of. */
interface Parts {
  readonly socket: ListenSocket;
  readonly type: UpstreamType;
  readonly taken?: TakenPath;
  readonly takenBy?: string;
}

/** What a relayed socket listens on, and its file with the access of the upstream. */
export class RelaySocketFile {
  #config: RelayedSocket;
  #socket: ListenSocket;
  /** Its path, if that is the upstream's own. */
  readonly #taken: TakenPath | undefined;
  readonly #logger: Logger;
  readonly #store: DescriptorStore;
  /** The name in the store that it was taken by, until it is relayed. */
  #takenBy: string | undefined;
  #type: UpstreamType;
  /** What the file was given last. */
  #access: CurrentAccess | undefined;
  /** What it really had then. */
  #given: ActualAccess | undefined;
  /** What was last logged about its access, so that it is not logged again. */
  #warning: string | undefined;
  readonly #presence: UpstreamPresence;
  /** When it may be tried again to hide the file, which has failed; monotonic, in ms. */
  #hideAtMs = Number.NEGATIVE_INFINITY;

  private constructor(
    config: RelayedSocket,
    { socket, type, taken, takenBy }: Parts,
    { logger, store }: RelaySocketFileContext,
  ) {
    this.#config = config;
    this.#type = type;
    this.#socket = socket;
    this.#logger = logger;
    this.#store = store;
    this.#taken = taken;
    this.#takenBy = takenBy;
    this.#presence = new UpstreamPresence(socket.front?.appearance === 'absent');
  }

  /**
   * Goes on with what an earlier process has left at the configured path, with the clients that wait there; or binds it, so that
   * nobody can connect before `listen`.
   *
   * @throws ListenError
   */
  static bind(config: RelayedSocket, context: RelaySocketFileContext): RelaySocketFile {
    const kept = takeKept(config, context);
    if (kept !== undefined) return RelaySocketFile.#adopt(config, kept, context);
    const file = new RelaySocketFile(config, bindParts(config, context), context);
    const { exposure } = file.#socket;
    if (exposure !== undefined)
      context.logger.warn(
        `${config.listen} may be removed or replaced by others than root and this user: ${exposure}`,
      );
    file.#asListenError(file.#socket, () => file.#giveAccess(file.#socket, file.#currentAccess()));
    return file;
  }

  static #adopt(config: RelayedSocket, kept: Parts, context: RelaySocketFileContext): RelaySocketFile {
    const { listen, takeover } = config;
    const taken = takeover
      ? TakenPath.adopt(listen, kept.socket, context.takeovers(), context.logger)
      : undefined;
    const file = new RelaySocketFile(config, { ...kept, ...(taken && { taken }) }, context);
    file.followAccess({ anew: true });
    return file;
  }

  get fd(): number {
    return this.#socket.fd;
  }

  /** Whether clients that connect to the path meet what they ought to. */
  get isInPlace(): boolean {
    return this.#socket.isInPlace;
  }

  get type(): SocketType {
    return this.#socket.type;
  }

  /** Whether it is of the type that it should have, which may be that of its upstream now. */
  get hasItsType(): boolean {
    return this.#type.now() === this.#socket.type;
  }

  /** The upstream answers as if it were of another type. */
  doubtType(): void {
    this.#type.doubt();
  }

  /** Lets clients connect. @throws ListenError */
  listen(): void {
    this.#takenBy = undefined;
    this.#socket.listen();
    this.#taken?.follow(this.#dress, true);
    this.#keep();
  }

  /** Has the access that a changed configuration asks for. It is live: a wrong owner must not take it down. */
  change(config: RelayedSocket): void {
    if (config.type !== this.#config.type || config.upstream !== this.#config.upstream) {
      this.#type = new UpstreamType(config, this.type);
    }
    this.#config = config;
    try {
      this.#giveAccess(this.#socket, this.#currentAccess());
    } catch (error) {
      this.#logger.error(`${config.listen} keeps its old owner and mode: ${(error as Error).message}`);
    }
  }

  /**
   * Has the access of its upstream as that is now. While there is no upstream it keeps what it has: nobody can reach
   * anything through it. `anew`: also if it seems to have that access already.
   */
  followAccess({ anew }: { anew: boolean }): void {
    const { listen } = this.#config;
    try {
      this.#passOnAccess();
      const wanted = this.#currentAccess();
      if (wanted.isPending || (!anew && isDeepStrictEqual(wanted, this.#access))) return;
      this.#giveAccess(this.#socket, wanted);
    } catch (error) {
      this.#warn(`${listen} keeps its old owner and mode: ${(error as Error).message}`);
    }
  }

  /** Whether the path looks as the upstream's does. */
  get mirrors(): boolean {
    const { front, isForeign } = this.#socket;
    return front !== undefined && !isForeign && this.#config.path === undefined;
  }

  /** What clients find at the path: our socket, or what they would find without us. */
  get appearance(): Appearance {
    if (this.#taken !== undefined) return this.#taken.isTaken ? 'shown' : 'absent';
    return this.#socket.front?.appearance ?? 'shown';
  }

  /** Whether its upstream is up as far as is known, and clients reach it. */
  get isServed(): boolean {
    return this.appearance === 'shown' && this.#presence.isUp;
  }

  /**
   * Has the path look as the upstream's does: while nobody serves that, clients are refused, or find nothing. A file that a
   * container has mounted alone stays where it is: its clients reach it there in any case. Returns whether it has changed.
   */
  mirror(): boolean {
    const { listen, upstream } = this.#config;
    const { front } = this.#socket;
    if (front === undefined || !this.mirrors) return false;
    if (this.#taken !== undefined) return this.#taken.follow(this.#dress);
    const before = front.appearance;
    const wanted = this.#presence.see(receptionAt(upstream));
    // Before anybody can connect.
    if (wanted === 'shown' && before !== 'shown') this.followAccess({ anew: false });
    if (!this.#presence.isDown && before === 'shown') return false;
    if (before === 'shown' && !this.#canHide()) return false;
    try {
      front.appear(wanted, (file) => {
        giveAccess(file, this.#access ?? this.#currentAccess(), this.#config);
      });
    } catch (error) {
      this.#hideAtMs = performance.now() + HIDE_AGAIN_MS;
      this.#warn(
        `${listen} cannot look like its upstream when that is down, and accepts clients all the same: ${(error as Error).message}`,
      );
    }
    return front.appearance !== before;
  }

  /**
   * Binds the path anew, at which something else is, or nothing, or this socket of another type than its upstream; and
   * listens there. Returns the socket that listened until now.
   *
   * @throws ListenError; all is as before then.
   */
  rebind(): ListenSocket {
    const former = this.#socket;
    // Nobody can do anything with one of the wrong type.
    if (former.isInPlace) former.removeFile();
    const socket = ListenSocket.bind(former.path, this.#type.current);
    this.#asListenError(socket, () => {
      const wanted = this.#currentAccess();
      this.#giveAccess(socket, wanted.isPending ? (this.#access ?? wanted) : wanted);
      socket.listen();
      this.#taken?.replaceFront(socket.file as FileIdentity);
    });
    this.#socket = socket;
    this.#hideAtMs = Number.NEGATIVE_INFINITY;
    this.#keep();
    return former;
  }

  /** Leaves a path that was taken over to its server. Clients that have reached us wait to be accepted. False: it was not. */
  putBack(): boolean {
    if (this.#taken === undefined || this.#takenBy !== undefined) return false;
    this.#taken.putBack();
    return true;
  }

  /** Stops listening and removes the file. One that was kept and is not relayed yet is left to the next attempt. */
  close(): void {
    if (this.#takenBy !== undefined) {
      this.#store.giveBack(this.#takenBy, this.#socket.fd);
      return;
    }
    this.putBack();
    this.#store.drop(listenName(this.#config.listen));
    this.#taken?.cleanUp();
    try {
      this.#socket.close();
    } catch (error) {
      this.#logger.warn(`${this.#config.listen} stays behind: ${(error as Error).message}`);
    }
  }

  /** Stops listening here. Another process has the socket, too, and its file. */
  leave(): void {
    close(this.#socket.fd);
  }

  /** A socket unit keeps its own. */
  #keep(): void {
    if (!this.#socket.isForeign) this.#store.keep(listenName(this.#config.listen), this.#socket.fd);
  }

  /** What others have removed or replaced is bound anew first. */
  #canHide(): boolean {
    return this.#socket.isInPlace && performance.now() >= this.#hideAtMs;
  }

  readonly #dress = (): void => this.followAccess({ anew: true });

  #currentAccess(): CurrentAccess {
    return currentAccess(this.#config, this.#taken?.upstream ?? this.#config.upstream);
  }

  /** What others do to the file at a path that was taken over is meant for the server's. */
  #passOnAccess(): void {
    if (this.#taken?.isTaken !== true) return;
    const access = this.#actualAccess(this.#socket);
    if (access === undefined || this.#given === undefined || isDeepStrictEqual(access, this.#given)) return;
    this.#given = access;
    this.#taken.withUpstream((file) => giveAccess(file, { ...access, isPending: false }, this.#config));
  }

  #giveAccess(socket: ListenSocket, wanted: CurrentAccess): void {
    if (socket.isForeign) return;
    let refused: string | undefined;
    socket.withFile((file) => {
      refused = giveAccess(file, wanted, this.#config);
    });
    this.#access = wanted;
    this.#given = this.#taken === undefined ? undefined : this.#actualAccess(socket);
    this.#warn(refused === undefined ? undefined : `cannot give ${this.#config.listen} the ${refused}`);
  }

  #actualAccess(socket: ListenSocket): ActualAccess | undefined {
    let access: ActualAccess | undefined;
    socket.withFile((file) => {
      access = actualAccess(file);
    });
    return access;
  }

  /** A socket that cannot be made ready is of no use, and its file must not stay. */
  #asListenError(socket: ListenSocket, action: () => void): void {
    try {
      action();
    } catch (error) {
      socket.discard();
      if (socket === this.#socket) this.#taken?.cleanUp();
      throw new ListenError(socket.path, (error as Error).message, { cause: error });
    }
  }

  #warn(warning: string | undefined): void {
    if (warning !== undefined && warning !== this.#warning) this.#logger.warn(warning);
    this.#warning = warning;
  }
}

/** @throws ListenError */
function bindParts(config: RelayedSocket, { logger, takeovers }: RelaySocketFileContext): Parts {
  const { listen, takeover } = config;
  const type = new UpstreamType(config);
  if (!takeover) return { socket: ListenSocket.bind(listen, type.current), type };
  return { ...TakenPath.bind(listen, type.current, takeovers(), logger), type };
}
