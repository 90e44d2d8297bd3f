import { CommandError } from './failure.js';

/** How long a reader of the output has after SIGINT to take what was written, in ms. One that does not read would hold the process. */
const LEAVE_MS = 500;

/**
 * Runs a command. On failure it says why in one line and has the process exit with 1. The signal is aborted on SIGINT, and when
 * the output can be written no more: then the command ends in silence.
 *
 * SIGINT ends the process by itself as long as the action has not come to wait for anything: no handler would be run while a file
 * system does not answer. Before it waits, an action has found its control socket and has connected.
 */
export function runCommand(action: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const stopping = new AbortController();
  const ended = runUntil(stopping, action);
  process.once('SIGINT', () => {
    stopping.abort();
    setTimeout(() => process.exit(), LEAVE_MS).unref();
  });
  return ended;
}

/** The same for a command that looks at files for as long as it runs: SIGINT ends the process by itself. */
export function runLookingCommand(action: (signal: AbortSignal) => Promise<void>): Promise<void> {
  return runUntil(new AbortController(), action);
}

async function runUntil(
  stopping: AbortController,
  action: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal } = stopping;
  // watchOutput() says why, if it is a failure.
  process.stdout.on('error', () => stopping.abort());
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
