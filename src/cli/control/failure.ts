import { printable } from '../../values/printable.js';

/** A command cannot do its work. The message is a sentence for the user. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'UDSCOPE_COMMAND';
}

/** The agent refuses a request. */
export class RefusedError extends CommandError {
  /** `status`: of its HTTP answer; `reason`: all that it says, unescaped. */
  constructor(
    message: string,
    readonly status: number,
    readonly reason: string,
  ) {
    super(message);
  }
}

/** There is no listening socket. */
const ABSENT_CODES: readonly (string | undefined)[] = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'];

/** The error for a control socket at `path` that did not answer. */
export function connectionFailure(path: string, error: NodeJS.ErrnoException): CommandError {
  return new CommandError(describe(path, error), { cause: error });
}

/** The error for an answer that was cut short. */
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
  // Codes of llhttp: the answer is not HTTP.
  if (code?.startsWith('HPE_') === true) return `what answers at ${path} is no udscope agent`;
  return `cannot reach an agent at ${path}: ${printable(message)}`;
}
