import type { FSWatcher } from 'node:fs';
import { basename, join } from 'node:path';

/** Opens an inotify watch, as `fs.watch` does. Throws when the kernel has no more watches to give. */
export type WatchFunction = (
  path: string,
  options: { persistent: false },
  listener: (event: string, name: string | null) => void,
) => FSWatcher;

/** Called with entries that have changed; `isCertain` is false if they only may have. */
type OnChange = (paths: readonly string[], what: { isCertain: boolean }) => void;

/**
 * Reports changes of known entries in one directory. A watch on a cgroup's own directory never reports that it was
 * removed, but a watch on its parent does.
 */
export class WatchedDirectory {
  readonly #path: string;
  readonly #watch: WatchFunction;
  readonly #onChange: OnChange;
  readonly #entries = new Set<string>();
  #watcher: FSWatcher | undefined;

  constructor(path: string, watchFunction: WatchFunction, onChange: OnChange) {
    this.#path = path;
    this.#watch = watchFunction;
    this.#onChange = onChange;
    this.tryWatching();
  }

  /** Whether the kernel reports changes. If not, the entries have to be polled. */
  get isWatched(): boolean {
    return this.#watcher !== undefined;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  get entries(): readonly string[] {
    return [...this.#entries];
  }

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  add(path: string): void {
    this.#entries.add(path);
  }

  delete(path: string): void {
    this.#entries.delete(path);
  }

  /** Opens a watch if there is none. This may fail: watches are limited, and not every file system supports them. */
  tryWatching(): void {
    if (this.#watcher !== undefined) return;
    try {
      const watcher = this.#watch(this.#path, { persistent: false }, (_event, name) => this.#changed(name));
      watcher.on('error', () => this.#lost());
      this.#watcher = watcher;
    } catch {
      // The owner's sweep polls the entries and tries again.
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #changed(name: string | null): void {
    if (name !== null && name !== basename(this.#path)) {
      const path = join(this.#path, name);
      if (this.#entries.has(path)) this.#onChange([path], { isCertain: true });
      return;
    }
    // The directory itself was moved, removed or replaced, and the watch is still on the old one.
    this.#lost();
  }

  #lost(): void {
    this.close();
    this.tryWatching();
    this.#onChange(this.entries, { isCertain: false });
  }
}
