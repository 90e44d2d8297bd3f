import { basename, dirname } from 'node:path';
import { type BoundFile, boundFile } from './bound-file.js';
import { EADDRINUSE, errnoName } from './errno.js';
import { Front } from './front.js';
import type { HeldDirectory } from './held-directory.js';
import { type FileIdentity, HeldFile, isSameFile } from './held-file.js';
import { linkRefusal } from './links.js';
import { type OpenedDirectory, openDirectory } from './open-directory.js';
import { socketPathProblem, unixAddress } from './sockaddr.js';
import { bind, close, listen, passCredentials, passPidfds } from './socket.js';
import { BIND_UMASK, claimFile, clearPlace } from './socket-file.js';
import { listeningProblem, socketName } from './socket-name.js';
import { openSocket, type SocketType } from './socket-type.js';
import { withUmask } from './umask.js';

/** Connections that may wait to be accepted. The kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096;

/** A path cannot be listened on. The message says why. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code = 'UDSCOPE_LISTEN';

  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`cannot listen on ${path}: ${reason}`, options);
  }
}

/** A bound socket with its file. A socket with an abstract name (`@name`) has no file. */
export class ListenSocket {
  /** Its file. The inode number cannot be reused while our socket is open. */
  readonly file: FileIdentity | undefined;
  /** What clients find of it; undefined for an abstract socket. */
  readonly front: Front | undefined;

  private constructor(
    readonly path: string,
    readonly fd: number,
    readonly type: SocketType,
    file: BoundFile | undefined,
    /** Describes who else can remove or replace its file; undefined if only root and this process's user can. */
    readonly exposure: string | undefined,
    /** Whether its file belongs to another program, such as a socket unit of systemd: it is left as it is. */
    readonly isForeign = false,
  ) {
    this.file = file?.file;
    this.front = file && new Front(path, file.file, file.isAside ? 'absent' : 'shown');
  }

  /**
   * Binds a socket without listening yet; a datagram socket, which does not listen, may receive from then on. Creates
   * missing parent directories (0755) and replaces a socket file that a dead process left behind.
   *
   * @throws ListenError
   */
  static bind(path: string, type: SocketType = 'stream'): ListenSocket {
    const problem = socketPathProblem(path);
    if (problem !== undefined) throw new ListenError(path, `it ${problem}`);
    if (path.startsWith('@')) {
      return new ListenSocket(path, bindTo(type, path, path), type, undefined, undefined);
    }
    const opened = asListenError(path, () =>
      openDirectory(dirname(path), { create: true, refusal: linkRefusal }),
    );
    try {
      return asListenError(path, () => ListenSocket.#bindIn(opened, path, type));
    } finally {
      opened.directory.close();
    }
  }

  /**
   * Goes on with a socket that an earlier process has bound to a path, and that clients still reach there. Returns why it cannot
   * be gone on with otherwise, in words that follow the path; the descriptor stays the caller's then.
   *
   * @param options.isForeign whether its file is not for this process to change or remove
   */
  static adopt(
    path: string,
    fd: number,
    type: SocketType,
    { isForeign = false } = {},
  ): ListenSocket | string {
    const problem = listeningProblem(fd, type);
    if (problem !== undefined) return `what was kept of it ${problem}`;
    // A socket unit has not; on others it is set already.
    askForSenders(fd, type);
    const name = socketName(fd);
    if (path.startsWith('@')) {
      if (name !== path) return `what was kept of it is bound to ${name}`;
      return new ListenSocket(path, fd, type, undefined, undefined, isForeign);
    }
    try {
      const opened = openDirectory(dirname(path), { create: false, refusal: linkRefusal });
      try {
        const file = boundFile(fd, opened, path);
        if (typeof file === 'string') return file;
        if (file.isAside) clearLeftover(opened.directory, basename(path));
        return new ListenSocket(path, fd, type, file, opened.exposure, isForeign);
      } finally {
        opened.directory.close();
      }
    } catch (error) {
      return (error as Error).message;
    }
  }

  static #bindIn({ directory, exposure }: OpenedDirectory, path: string, type: SocketType): ListenSocket {
    const name = basename(path);
    clearPlace(directory, name);
    // If others can redirect the path, bind relative to the directory that is held open.
    const address = exposure === undefined ? path : directory.at(name);
    const problem = socketPathProblem(address);
    if (problem !== undefined)
      throw new ListenError(path, `its name is too long for a place that others can change: ${exposure}`);
    const fd = bindTo(type, path, address);
    try {
      const file = claimFile(fd, directory, { name, isExposed: exposure !== undefined });
      return new ListenSocket(path, fd, type, { file, isAside: false }, exposure);
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  /** Whether clients find what they ought to at the path: this socket, unless its front is hidden. */
  get isInPlace(): boolean {
    return this.front?.isInPlace ?? true;
  }

  /** @throws ListenError */
  listen(): void {
    if (this.type === 'dgram') return;
    const result = listen(this.fd, BACKLOG);
    if (result < 0) throw new ListenError(this.path, errnoName(-result));
  }

  /**
   * Runs `action` on the socket's own file, never on another that has taken its place. Does nothing for an abstract
   * socket.
   *
   * @throws Error if the file cannot be reached
   */
  withFile(action: (file: HeldFile) => void): void {
    if (this.file === undefined) return;
    const file = HeldFile.ofSocket(this.fd) ?? HeldFile.at(this.front?.place ?? this.path);
    try {
      if (!isSameFile(file.stat(), this.file)) throw new Error(`something else is at ${this.path}`);
      action(file);
    } finally {
      file.close();
    }
  }

  /**
   * Closes the socket and removes its file, unless the file has been replaced.
   *
   * @throws Error if the file cannot be removed; the socket is closed anyway
   */
  close(): void {
    try {
      this.removeFile();
    } finally {
      close(this.fd);
    }
  }

  /** Like `close` without errors, for use after a failure that is to be reported instead. */
  discard(): void {
    try {
      this.close();
    } catch {
      // The file stays behind, but nobody listens on it.
    }
  }

  /**
   * Removes the socket's file, unless it has been replaced. Called on its own if the descriptor has passed to another
   * owner, who closes it.
   *
   * @throws Error if the file cannot be removed
   */
  removeFile(): void {
    if (!this.isForeign) this.front?.remove();
  }
}

/** Removes what stood for a socket that was kept aside, unless others have put something there. */
function clearLeftover(directory: HeldDirectory, name: string): void {
  try {
    clearPlace(directory, name);
  } catch {
    // It stays as it is, and the socket aside until its place is free.
  }
}

function bindTo(type: SocketType, path: string, address: string): number {
  const fd = openSocket(type);
  if (fd < 0) throw new ListenError(path, errnoName(-fd));
  // Before the first message can come.
  askForSenders(fd, type);
  const result = withUmask(BIND_UMASK, () => bind(fd, unixAddress(address)));
  if (result === 0) return fd;
  close(fd);
  throw new ListenError(path, result === -EADDRINUSE ? 'it is in use' : errnoName(-result));
}

/** Each message is to say who has sent it, which tells an empty message from the end, too. */
function askForSenders(fd: number, type: SocketType): void {
  if (type !== 'stream') passCredentials(fd);
  if (type === 'dgram') passPidfds(fd);
}

function asListenError<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ListenError) throw error;
    throw new ListenError(path, (error as Error).message, { cause: error });
  }
}
