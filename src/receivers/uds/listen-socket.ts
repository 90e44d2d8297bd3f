import { lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { umask } from 'node:process';
import { EADDRINUSE, ECONNREFUSED, ENOENT, errnoName } from '../../linux/errno.js';
import { socketPathProblem, unixAddress } from '../../linux/sockaddr.js';
import { bind, close, connect, listen, openStream } from '../../linux/socket.js';

/** Connections that may wait to be accepted; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096;

/** Nobody but the owner may connect before access has been applied. */
const BIND_UMASK = 0o177;

/** Of the directories made on the way: 0755, or nobody would reach the socket whatever its own mode. */
const DIRECTORY_UMASK = 0o022;

/** A path cannot be listened on; the message says why. */
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

/** A bound socket, and its file unless its name is abstract (`@name`). */
export class ListenSocket {
  readonly #inode: bigint | undefined;

  private constructor(
    readonly path: string,
    readonly fd: number,
  ) {
    this.#inode = this.isAbstract ? undefined : lstatSync(path, { bigint: true }).ino;
  }

  /**
   * Binds a socket, creating the parent directory (0755) where it is missing and replacing a socket file
   * that a dead process left behind. It does not listen yet.
   *
   * @throws ListenError
   */
  static bind(path: string): ListenSocket {
    const problem = socketPathProblem(path);
    if (problem !== undefined) throw new ListenError(path, `it ${problem}`);
    if (!path.startsWith('@')) preparePath(path);
    const fd = openStream();
    if (fd < 0) throw new ListenError(path, errnoName(-fd));
    const result = withUmask(BIND_UMASK, () => bind(fd, unixAddress(path)));
    if (result < 0) {
      close(fd);
      throw new ListenError(path, result === -EADDRINUSE ? 'it is in use' : errnoName(-result));
    }
    return new ListenSocket(path, fd);
  }

  get isAbstract(): boolean {
    return this.path.startsWith('@');
  }

  /** @throws ListenError */
  listen(): void {
    const result = listen(this.fd, BACKLOG);
    if (result < 0) throw new ListenError(this.path, errnoName(-result));
  }

  /**
   * Closes the socket and removes its file, if that is still the one we made.
   *
   * @throws Error when the file cannot be removed; the socket is closed all the same.
   */
  close(): void {
    try {
      this.removeFile();
    } finally {
      close(this.fd);
    }
  }

  /**
   * Removes the file, if that is still the one we made. By itself for who has given the descriptor away to
   * an owner that closes it.
   *
   * @throws Error when the file cannot be removed.
   */
  removeFile(): void {
    if (this.#inode !== undefined && this.#inode === inodeAt(this.path)) unlinkSync(this.path);
  }
}

/** undefined when nothing is there. The number cannot pass to another file while our socket is open. */
function inodeAt(path: string): bigint | undefined {
  try {
    return lstatSync(path, { bigint: true }).ino;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The umask is the whole process's, so nothing may be awaited under it. */
function withUmask<T>(mask: number, action: () => T): T {
  const previous = umask(mask);
  try {
    return action();
  } finally {
    umask(previous);
  }
}

function preparePath(path: string): void {
  try {
    withUmask(DIRECTORY_UMASK, () => mkdirSync(dirname(path), { recursive: true }));
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (!stats.isSocket()) throw new ListenError(path, 'something that is not a socket is there');
    removeLeftover(path);
  } catch (error) {
    if (error instanceof ListenError) throw error;
    throw new ListenError(path, (error as Error).message, { cause: error });
  }
}

/** Only a refused connection proves that nobody listens; any other answer may come from a live server. */
function removeLeftover(path: string): void {
  const probe = openStream();
  if (probe < 0) throw new ListenError(path, errnoName(-probe));
  const result = connect(probe, unixAddress(path));
  close(probe);
  if (result === -ENOENT) return;
  if (result !== -ECONNREFUSED) {
    const answer = result < 0 ? ` (${errnoName(-result)})` : '';
    throw new ListenError(path, `another process is listening there${answer}`);
  }
  unlinkSync(path);
}
