import type { UnmonitoredReason } from '../api/containers/unmonitored.js';
import { printable } from '../values/printable.js';

/** Longer than the path of any socket, and than those of bundles. */
const MAX_SHOWN = 300;

/** Why a container, or a socket of it, is not monitored. */
export interface Failure {
  /** undefined if the runtime will not make the container either, so that none runs unmonitored. */
  readonly reason: UnmonitoredReason | undefined;
  /** A printable sentence for the user. */
  readonly message: string;
}

/** A container cannot be monitored. The message is a printable sentence for the user. */
export class PrepareError extends Error implements Failure {
  override readonly name = 'PrepareError';
  readonly code = 'UDSCOPE_PREPARE';
  readonly reason: Failure['reason'];

  constructor(message: string, options: ErrorOptions & Partial<Pick<Failure, 'reason'>> = {}) {
    super(message, options);
    this.reason = 'reason' in options ? options.reason : 'specification';
  }
}

/** The words for common errors, by their code; other errors are shown by their code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ELOOP: 'it is a symbolic link',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
};

/** Why a system call failed, in words that follow a colon. */
export function systemReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return REASONS[code] ?? code;
}

/** A path in a message. It is shown whole, since paths differ in their ends. */
export function shownPath(path: string): string {
  return printable(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path);
}
