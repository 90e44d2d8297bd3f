import { constants } from 'node:os';
import type { ProcessEnd } from './agent-process.js';

/** As of a shell: a command that is not found, and one that a signal has ended. */
const NOT_FOUND = 127;
const NOT_STARTED = 126;
const SIGNAL_BASE = 128;

/** The exit code that tells how a process has ended. */
export function endingCode({ code, signal, error }: ProcessEnd): number {
  if (error !== undefined) return error.code === 'ENOENT' ? NOT_FOUND : NOT_STARTED;
  if (signal !== null) return SIGNAL_BASE + constants.signals[signal];
  return code ?? 1;
}

/** The same for a reader. */
export function endingText(command: string, pid: number, { code, signal, error }: ProcessEnd): string {
  if (error !== undefined) return `${command} cannot be started (${error.code})`;
  const what = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  return `${command} (pid ${pid}) ${what}`;
}
