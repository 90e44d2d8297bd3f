import { constants } from 'node:os';

const { errno } = constants;

export const { ENOENT, EINTR, EAGAIN, ENOMEM, ENOBUFS, EACCES, ENFILE, EMFILE, EPIPE } = errno;
export const { EPERM, ESRCH, EINVAL, ENOPROTOOPT, ENODATA, EOPNOTSUPP, ERANGE, ELOOP } = errno;
export const { ECONNABORTED, ECONNRESET, EISCONN, ECONNREFUSED, EADDRINUSE } = errno;

// The first name of a number is the usual one: EWOULDBLOCK, which is EAGAIN, comes late in the list.
const names = new Map<number, string>(
  Object.entries(errno)
    .reverse()
    .map(([name, value]) => [value, name]),
);

/** The symbolic name of an errno (`ECONNREFUSED`), or `errno 999` for one this platform does not know. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}

/** A failed system call where failure is not part of normal operation. */
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

/** Returns `result` unless it is a negative errno, which is thrown as a SystemCallError. */
export function check(syscall: string, result: number): number {
  if (result < 0) throw new SystemCallError(syscall, -result);
  return result;
}
