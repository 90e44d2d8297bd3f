import { CommandError } from './failure.js';

/**
 * Runs a command. On failure it says why in one line and has the process exit with 1. The signal is aborted on SIGINT, and when
 * the reader of the output has gone: then the command ends in silence.
 */
export async function runCommand(action: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  process.once('SIGINT', () => stopping.abort());
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // On EPIPE the reader has seen enough, as with head(1).
    stopping.abort(code === 'EPIPE' ? undefined : new CommandError(`cannot write: ${message}`));
  });
  try {
    await action(signal);
  } catch (error) {
    report(signal.aborted ? signal.reason : error);
  }
}

/** An abort without a reason is no failure. Errors that are not for the user are thrown on. */
function report(error: unknown): void {
  if (error instanceof Error && error.name === 'AbortError') return;
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
