import type { FSWatcher } from 'node:fs';
import { basename, join } from 'node:path';

/** Opens an inotify watch, as `fs.watch` does; it throws when the kernel gives no more of them. */
export type WatchFunction = (
  path: string,
  options: { persistent: false },
  listener: (event: string, name: string | null) => void,
) => FSWatcher;

/** Hears of entries that something has happened to; `isCertain` false: or may have. */
export type OnChange = (paths: readonly string[], what: { isCertain: boolean }) => void;

/**
 * Notices what disappears from one directory. A watch on a cgroup's own directory never tells that it was removed;
 * one on its parent does.
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

  /** Whether the kernel tells of changes; else somebody has to look. */
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

  /** Asks the kernel for a watch, if there is none. It may have run out of them, or may not watch such a place. */
  tryWatching(): void {
    if (this.#watcher !== undefined) return;
    try {
      const watcher = this.#watch(this.#path, { persistent: false }, (_event, name) => this.#changed(name));
      watcher.on('error', () => this.#lost());
      this.#watcher = watcher;
    } catch {
      // The sweep looks after its entries, and tries again.
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
    // The directory itself was moved, removed, or removed and made again: the watch is on what it was before.
    this.#lost();
  }

  #lost(): void {
    this.close();
    this.tryWatching();
    this.#onChange(this.entries, { isCertain: false });
  }
}
