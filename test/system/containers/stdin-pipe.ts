import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';

/**
 * The standard input of a container. It stays open when the runtime's `create` has ended, as that of a shim does;
 * Node closes its own pipe to a process as soon as that ends.
 */
export class StdinPipe {
  /** The end to read. */
  readonly fd: number;
  #writer: number | undefined;

  constructor(cleanup: Cleanup) {
    const path = join(cleanup.directory(), 'stdin');
    execFileSync('mkfifo', [path]);
    // Each end waits for the other when it is opened, except for this one.
    const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#writer = openSync(path, constants.O_WRONLY);
    this.fd = openSync(path, constants.O_RDONLY);
    closeSync(first);
    cleanup.defer(() => {
      this.end();
      closeSync(this.fd);
    });
  }

  write(text: string): void {
    if (this.#writer === undefined) throw new Error('standard input has ended');
    writeSync(this.#writer, text);
  }

  /** The reader then finds the end. Legal more than once. */
  end(): void {
    if (this.#writer !== undefined) closeSync(this.#writer);
    this.#writer = undefined;
  }
}
