import { CommandError } from './failure.js';

/**
 * Does what a command is for, and has the process exit with 1 when it cannot, having said why in one line. The
 * signal is aborted on SIGINT, and when nobody reads what is written any more: then all is well, in silence.
 */
export async function runCommand(action: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  process.once('SIGINT', () => stopping.abort());
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // On EPIPE the reader has seen enough, as head(1) does.
    stopping.abort(code === 'EPIPE' ? undefined : new CommandError(`cannot write: ${message}`));
  });
  try {
    await action(signal);
  } catch (error) {
    report(signal.aborted ? signal.reason : error);
  }
}

/** Other errors than that of an abort without a reason, and those for the user, are thrown on. */
function report(error: unknown): void {
  if (error instanceof Error && error.name === 'AbortError') return;
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
