import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { EADDRINUSE, errnoName } from './errno.js';
import { type FileIdentity, HeldFile, isSameFile } from './held-file.js';
import { linkRefusal } from './links.js';
import { type OpenedDirectory, openDirectory } from './open-directory.js';
import { socketPathProblem, unixAddress } from './sockaddr.js';
import { bind, close, listen, openStream } from './socket.js';
import { BIND_UMASK, claimFile, clearPlace, removeFileAt } from './socket-file.js';
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
  /** The inode number cannot be reused while our socket is open. */
  readonly #file: FileIdentity | undefined;

  private constructor(
    readonly path: string,
    readonly fd: number,
    file: FileIdentity | undefined,
    /** Describes who else can remove or replace its file; undefined if only root and this process's user can. */
    readonly exposure: string | undefined,
  ) {
    this.#file = file;
  }

  /**
   * Binds a socket without listening yet. Creates missing parent directories (0755) and replaces a socket file that a
   * dead process left behind.
   *
   * @throws ListenError
   */
  static bind(path: string): ListenSocket {
    const problem = socketPathProblem(path);
    if (problem !== undefined) throw new ListenError(path, `it ${problem}`);
    if (path.startsWith('@')) return new ListenSocket(path, bindTo(path, path), undefined, undefined);
    const opened = asListenError(path, () =>
      openDirectory(dirname(path), { create: true, refusal: linkRefusal }),
    );
    try {
      return asListenError(path, () => ListenSocket.#bindIn(opened, path));
    } finally {
      opened.directory.close();
    }
  }

  static #bindIn({ directory, exposure }: OpenedDirectory, path: string): ListenSocket {
    const name = basename(path);
    clearPlace(directory, name);
    // If others can redirect the path, bind relative to the directory that is held open.
    const address = exposure === undefined ? path : directory.at(name);
    const problem = socketPathProblem(address);
    if (problem !== undefined)
      throw new ListenError(path, `its name is too long for a place that others can change: ${exposure}`);
    const fd = bindTo(path, address);
    try {
      const file = claimFile(fd, directory, { name, isExposed: exposure !== undefined });
      return new ListenSocket(path, fd, file, exposure);
    } catch (error) {
      close(fd);
      throw error;
    }
  }

  /** Whether a client that connects to the path reaches this socket. True if that cannot be determined. */
  get isInPlace(): boolean {
    if (this.#file === undefined) return true;
    try {
      return isSameFile(lstatSync(this.path, { bigint: true }), this.#file);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EACCES';
    }
  }

  /** @throws ListenError */
  listen(): void {
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
    if (this.#file === undefined) return;
    const file = HeldFile.ofSocket(this.fd) ?? HeldFile.at(this.path);
    try {
      if (!isSameFile(file.stat(), this.#file)) throw new Error(`something else is at ${this.path}`);
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
    if (this.#file !== undefined) removeFileAt(this.path, this.#file);
  }
}

function bindTo(path: string, address: string): number {
  const fd = openStream();
  if (fd < 0) throw new ListenError(path, errnoName(-fd));
  const result = withUmask(BIND_UMASK, () => bind(fd, unixAddress(address)));
  if (result === 0) return fd;
  close(fd);
  throw new ListenError(path, result === -EADDRINUSE ? 'it is in use' : errnoName(-result));
}

function asListenError<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ListenError) throw error;
    throw new ListenError(path, (error as Error).message, { cause: error });
  }
}
