import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Undo = () => unknown;

/** What a test has opened and must leave behind closed. */
export class Cleanup {
  readonly #undo: Undo[] = [];

  /** Runs after the test, before whatever was deferred earlier. */
  defer(undo: Undo): void {
    this.#undo.push(undo);
  }

  /** A directory of its own, short enough for socket paths, removed after the test. `parent`: where it is made. */
  directory(parent = tmpdir()): string {
    const path = mkdtempSync(join(parent, 'uds-'));
    this.defer(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  /** Undoes everything, whatever fails, and throws the first failure. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        await undo();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** A Cleanup that runs after each test of the suite it is called in. */
export function useCleanup(): Cleanup {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  return cleanup;
}
