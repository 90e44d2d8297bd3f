import { constants } from 'node:os';
import * as libc from './libc.js';

const SIG_DFL = 0;

/**
 * Lets SIGTERM and SIGINT end this process by themselves, until `process.on` handles them. Node has handlers of its own that run
 * on the main thread; while that waits for a file system, only a signal without a handler ends it (signal(7)).
 */
export function letSignalsEndProcess(): void {
  const { SIGTERM, SIGINT } = constants.signals;
  for (const signal of [SIGTERM, SIGINT]) libc.signal(signal, SIG_DFL);
}
