import { printable } from '../../values/printable.js';

/** Why there is nothing to see, in a sentence for the user. */
export class TailError extends Error {
  override readonly name = 'TailError';
  readonly code = 'UDSCOPE_TAIL';
}

/** Nobody listens, or nobody has ever. */
const ABSENT_CODES: readonly (string | undefined)[] = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'];

/** What it means that the control socket at `path` did not answer. */
export function connectionFailure(path: string, error: NodeJS.ErrnoException): TailError {
  return new TailError(describe(path, error), { cause: error });
}

/** What it means that the answer has come to an end before its end. */
export function brokenOff(path: string, error: NodeJS.ErrnoException): TailError {
  return error.code === 'ECONNRESET'
    ? new TailError(`the agent at ${path} has gone away`, { cause: error })
    : connectionFailure(path, error);
}

function describe(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (ABSENT_CODES.includes(code)) {
    return `no agent answers at ${path}; is udscope running with the control extension?`;
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `no permission to connect to ${path}; only those may who can write to it: try as root, or change its mode`;
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return `the agent at ${path} turned the connection away; it may be stopping, or have too many readers`;
  }
  // llhttp's: somebody answered, but not in HTTP.
  if (code?.startsWith('HPE_') === true) return `what answers at ${path} is no udscope agent`;
  return `cannot reach an agent at ${path}: ${printable(message)}`;
}
