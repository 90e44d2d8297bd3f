import { constants } from 'node:os';
import { pid } from 'node:process';
import * as libc from './libc.js';

const SIG_DFL = 0;
const RTLD_DEFAULT = 0;

/** Of the first process of a PID namespace the kernel ignores signals without a handler: pid_namespaces(7). */
const isFirstOfContainer = pid === 1;

/**
 * Lets SIGTERM and SIGINT end this process by themselves, until `process.on` handles them. Node has handlers of its own that run
 * on the main thread; while that waits for a file system, only a signal without a handler ends it (signal(7)). As the first
 * process of a container it needs a handler, which is _exit(2) itself: the signal's number becomes the status. That does not help
 * while the main thread waits for a file system.
 */
export function letSignalsEndProcess(): void {
  const { SIGTERM, SIGINT } = constants.signals;
  const handler = isFirstOfContainer ? libc.dlsym?.(RTLD_DEFAULT, '_exit') : undefined;
  for (const signal of [SIGTERM, SIGINT]) libc.signal(signal, handler ?? SIG_DFL);
}
