import { constants } from 'node:os';

const { errno } = constants;

export const { ENOENT, EINTR, EAGAIN, ENOMEM, ENOBUFS, EACCES, EPIPE } = errno;
export const { EPERM, ESRCH, EINVAL, ENOPROTOOPT, ENODATA, EOPNOTSUPP, ERANGE, ELOOP } = errno;
export const { ECONNABORTED, ECONNRESET, EISCONN, ECONNREFUSED, EADDRINUSE, EPROTOTYPE } = errno;
export const { EMSGSIZE, EBADF, EMFILE, ENFILE, ENOTCONN, EDESTADDRREQ, ENOTDIR, EEXIST } = errno;

/** unix(7): more descriptors are in flight than the sending user may have. Node knows no name of it. */
export const ETOOMANYREFS = 109;

// Where a number has several names the first one in the list is the usual one, such as EAGAIN and not EWOULDBLOCK.
const names = new Map<number, string>(
  Object.entries(errno)
    .reverse()
    .map(([name, value]) => [value, name]),
);

/** Whether a message with descriptors may pass a moment later: its receiver has not read, or too many of them are on their way. */
export function isPassing(number: number): boolean {
  return [EAGAIN, ENOMEM, ENOBUFS, ETOOMANYREFS].includes(number);
}

/** The symbolic name of an errno (`ECONNREFUSED`), or `errno 999` if this platform has no name for it. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}

/** A system call failed where failure is not part of normal operation. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  /** The errno's name, as in Node's own errors. */
  readonly code: string;

  constructor(
    readonly syscall: string,
    readonly errno: number,
  ) {
    super(`${syscall}: ${errnoName(errno)}`);
    this.code = errnoName(errno);
  }
}

/** Whether an error of node:fs means that the path does not exist. The cause of an error may be undefined. */
export function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/** Returns `result`, or throws a SystemCallError if it is a negated errno. */
export function check(syscall: string, result: number): number {
  if (result < 0) throw new SystemCallError(syscall, -result);
  return result;
}
