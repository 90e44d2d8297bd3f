import { printable } from '../../values/printable.js';

/** Why a command cannot do what it is for, in a sentence for the user. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'UDSCOPE_COMMAND';
}

/** The agent refuses what was asked of it. */
export class RefusedError extends CommandError {
  /** `status`: of its HTTP answer. */
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Nobody listens, or nobody has ever. */
const ABSENT_CODES: readonly (string | undefined)[] = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'];

/** What it means that the control socket at `path` did not answer. */
export function connectionFailure(path: string, error: NodeJS.ErrnoException): CommandError {
  return new CommandError(describe(path, error), { cause: error });
}

/** What it means that the answer has come to an end before its end. */
export function brokenOff(path: string, error: NodeJS.ErrnoException): CommandError {
  return error.code === 'ECONNRESET'
    ? new CommandError(`the agent at ${path} has gone away`, { cause: error })
    : connectionFailure(path, error);
}

function describe(path: string, { code, message, name }: NodeJS.ErrnoException): string {
  if (ABSENT_CODES.includes(code)) {
    return `no agent answers at ${path}; is udscope running with the control extension?`;
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `no permission to connect to ${path}; try as root, or have its group and mode changed (extensions.control)`;
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return `the agent at ${path} turned the connection away; it may be stopping, or have too many clients`;
  }
  if (name === 'TimeoutError') return `the agent at ${path} takes too long to answer`;
  // llhttp's: somebody answered, but not in HTTP.
  if (code?.startsWith('HPE_') === true) return `what answers at ${path} is no udscope agent`;
  return `cannot reach an agent at ${path}: ${printable(message)}`;
}
