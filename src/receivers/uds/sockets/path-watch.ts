import { type FSWatcher, statSync, watch as watchDirectory } from 'node:fs';
import { basename, dirname } from 'node:path';
import { performance } from 'node:perf_hooks';

/** What one directory may tell in a period, before it is not listened to for another. */
const EVENTS_A_PERIOD = 32;

/** How long that is, in ms; what happens in a directory that tells too much is seen so late. */
const PERIOD_MS = 250;

/** Looking at all of a directory takes at most this part of the time. */
const LOOKING_SHARE = 0.05;

/** One path that is watched. */
interface Entry {
  readonly path: string;
  readonly changed: () => void;
  /** What it is watched by: its directory, or the nearest above that exists. */
  directory: WatchedDirectory | undefined;
  name: string;
}

/** A path being watched. */
export interface PathHandle {
  /** Sees to it that the right directory is watched, where no event has told of another. */
  renew(): void;
  close(): void;
}

/**
 * Tells when something may have happened to a path: it was made, removed or replaced, or its owner or mode changed. The
 * kernel tells (inotify), by one watch for each directory, and for a directory that does not exist yet by one on the
 * nearest above it.
 *
 * The owner of a directory may make events as fast as possible. So a directory is listened to for so many of them, and
 * then looked at once in a while: none of this takes the thread from other work. Nothing of this keeps the process alive.
 */
export class PathWatch {
  readonly #directories = new Map<string, WatchedDirectory>();

  /** `changed` is called when the kernel has told something, also if nothing has changed after all. */
  watch(path: string, changed: () => void): PathHandle {
    const entry: Entry = { path, changed, directory: undefined, name: '' };
    this.#place(entry);
    return { renew: () => this.#place(entry), close: () => this.#leave(entry) };
  }

  /** Inotify watches at present. */
  get size(): number {
    return this.#directories.size;
  }

  close(): void {
    for (const directory of this.#directories.values()) directory.close();
    this.#directories.clear();
  }

  /** The watch comes first and then the look: what is made in between is noticed by one or the other. */
  #place(entry: Entry): void {
    for (let nearest = nearestDirectory(entry.path); ; ) {
      if (entry.directory?.path !== nearest.path || entry.name !== nearest.name) {
        this.#leave(entry);
        entry.directory = this.#directoryAt(nearest.path);
        entry.name = nearest.name;
        entry.directory.add(entry);
      }
      entry.directory.listen();
      const next = nearestDirectory(entry.path);
      if (next.path === nearest.path) return;
      nearest = next;
    }
  }

  #leave(entry: Entry): void {
    const { directory } = entry;
    entry.directory = undefined;
    if (directory?.remove(entry) !== true) return;
    directory.close();
    this.#directories.delete(directory.path);
  }

  #directoryAt(path: string): WatchedDirectory {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const directory = new WatchedDirectory(path, (entries) => {
      for (const entry of entries) {
        this.#place(entry);
        entry.changed();
      }
    });
    this.#directories.set(path, directory);
    return directory;
  }
}

class WatchedDirectory {
  readonly #onEvent: (entries: readonly Entry[]) => void;
  readonly #entries = new Map<string, Set<Entry>>();
  #watcher: FSWatcher | undefined;
  /** The inode that is watched. A directory that is still mounted somewhere does not tell that it was removed. */
  #inode: bigint | undefined;
  #pause: NodeJS.Timeout | undefined;
  #periodEndsMs = 0;
  #events = 0;
  /** How long it took last to look at all of it. */
  #lookMs = 0;

  constructor(
    readonly path: string,
    onEvent: (entries: readonly Entry[]) => void,
  ) {
    this.#onEvent = onEvent;
  }

  add(entry: Entry): void {
    const entries = this.#entries.get(entry.name) ?? new Set();
    this.#entries.set(entry.name, entries.add(entry));
  }

  /** Whether it was the last. */
  remove(entry: Entry): boolean {
    const entries = this.#entries.get(entry.name);
    entries?.delete(entry);
    if (entries?.size === 0) this.#entries.delete(entry.name);
    return this.#entries.size === 0;
  }

  /**
   * Asks the kernel for a watch, if there is none on what is at the path now. It may have run out of them, or the
   * directory is gone.
   */
  listen(): void {
    if (this.#pause !== undefined) return;
    const inode = inodeOf(this.path);
    if (this.#watcher !== undefined && this.#inode === inode) return;
    this.close();
    this.#inode = inode;
    try {
      const watcher = watchDirectory(this.path, { persistent: false }, (_event, name) => this.#hear(name));
      watcher.on('error', () => this.#rest());
      this.#watcher = watcher;
    } catch {
      // The owners of the entries renew them from time to time.
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #hear(name: string | null): void {
    if (this.#watcher === undefined) return;
    const nowMs = performance.now();
    if (nowMs >= this.#periodEndsMs) {
      this.#periodEndsMs = nowMs + PERIOD_MS;
      this.#events = 0;
    }
    // By its own name: it was itself moved or removed, and the watch is on what it was before.
    const isItself = name === null || name === basename(this.path);
    if (isItself || ++this.#events > EVENTS_A_PERIOD) this.#rest();
    else this.#onEvent([...(this.#entries.get(name) ?? [])]);
  }

  /** Listens again, and looks at all of it, when some time has passed. */
  #rest(): void {
    this.close();
    const pauseMs = Math.max(PERIOD_MS, this.#lookMs / LOOKING_SHARE);
    this.#pause = setTimeout(() => this.#lookAtAll(), pauseMs).unref();
  }

  #lookAtAll(): void {
    const startMs = performance.now();
    this.#pause = undefined;
    this.listen();
    this.#onEvent([...this.#entries.values()].flatMap((entries) => [...entries]));
    this.#lookMs = performance.now() - startMs;
  }
}

/** The nearest directory that exists on the way to a path, and the name that is looked for in it. */
function nearestDirectory(path: string): { path: string; name: string } {
  for (
    let directory = dirname(path), name = basename(path);
    ;
    name = basename(directory), directory = dirname(directory)
  ) {
    if (directory === '/' || inodeOf(directory) !== undefined) return { path: directory, name };
  }
}

/** undefined where there is no directory. */
function inodeOf(path: string): bigint | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isDirectory() ? stats.ino : undefined;
  } catch {
    return undefined;
  }
}
