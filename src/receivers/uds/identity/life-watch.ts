import { watch as watchDirectory } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { isThere } from './sources/read-file.js';
import { WatchedDirectory, type WatchFunction } from './watched-directory.js';

export interface LifeWatchSettings {
  /** How often to look at markers in directories that the kernel does not watch for us. */
  readonly sweepMs: number;
  /** How often to look for markers that are yet to appear. */
  readonly pendingMs: number;
  readonly watch: WatchFunction;
}

const DEFAULTS: LifeWatchSettings = { sweepMs: 5000, pendingMs: 250, watch: watchDirectory };

/**
 * Notices when a marker vanishes: a path that is there exactly as long as a container is. The kernel tells, by one
 * inotify watch for each directory that has markers; only where it cannot are they looked at from time to time.
 * Nothing of this keeps the process alive.
 */
export class LifeWatch {
  readonly #onEnd: (marker: string) => void;
  readonly #settings: LifeWatchSettings;
  readonly #directories = new Map<string, WatchedDirectory>();
  /** Markers that are yet to appear, and until when they may. */
  readonly #pending = new Map<string, number>();
  #sweepTimer: NodeJS.Timeout | undefined;
  #pendingTimer: NodeJS.Timeout | undefined;

  /** @param onEnd is called once for each watched marker that vanished, never from within a call of ours */
  constructor(onEnd: (marker: string) => void, settings: Partial<LifeWatchSettings> = {}) {
    this.#onEnd = onEnd;
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /** Watches a marker, an absolute path. One that has vanished already is told of, too. */
  watch(marker: string): void {
    this.#pending.delete(marker);
    const directory = this.#directoryOf(marker);
    directory.add(marker);
    // It may have vanished before the kernel watched. Whoever calls must have got our return before he hears so.
    queueMicrotask(() => this.#check([marker]));
    this.#setTimers();
  }

  /** Waits for a marker to appear, and then watches it. It has ended if it does not appear within `timeoutMs`. */
  watchPending(marker: string, timeoutMs: number): void {
    this.#pending.set(marker, performance.now() + timeoutMs);
    queueMicrotask(() => this.#lookForPending());
    this.#setTimers();
  }

  unwatch(marker: string): void {
    this.#pending.delete(marker);
    const parent = dirname(marker);
    const directory = this.#directories.get(parent);
    directory?.delete(marker);
    if (directory?.isEmpty === true) {
      directory.close();
      this.#directories.delete(parent);
    }
    this.#setTimers();
  }

  /** Watches nothing any more. */
  close(): void {
    for (const directory of this.#directories.values()) directory.close();
    this.#directories.clear();
    this.#pending.clear();
    this.#setTimers();
  }

  #directoryOf(marker: string): WatchedDirectory {
    const parent = dirname(marker);
    const known = this.#directories.get(parent);
    if (known !== undefined) return known;
    const directory = new WatchedDirectory(parent, this.#settings.watch, (markers) => {
      this.#check(markers);
      this.#setTimers();
    });
    this.#directories.set(parent, directory);
    return directory;
  }

  #isWatched(marker: string): boolean {
    return this.#directories.get(dirname(marker))?.has(marker) === true;
  }

  #check(markers: readonly string[]): void {
    for (const marker of markers) {
      if (this.#isWatched(marker) && !isThere(marker)) this.#end(marker);
    }
  }

  #end(marker: string): void {
    this.unwatch(marker);
    this.#onEnd(marker);
  }

  #sweep(): void {
    for (const directory of this.#directories.values()) {
      if (directory.isWatched) continue;
      // First the watch, then the look: what vanishes in between is noticed by one or the other.
      directory.tryWatching();
      this.#check(directory.entries);
    }
    this.#setTimers();
  }

  #lookForPending(): void {
    const nowMs = performance.now();
    for (const [marker, deadlineMs] of this.#pending) {
      if (isThere(marker)) this.watch(marker);
      else if (nowMs >= deadlineMs) this.#end(marker);
    }
  }

  /** The timers run exactly while there is something to look at. */
  #setTimers(): void {
    const someUnwatched = [...this.#directories.values()].some((directory) => !directory.isWatched);
    this.#sweepTimer = setTimer(this.#sweepTimer, someUnwatched, () => this.#sweep(), this.#settings.sweepMs);
    const somePending = this.#pending.size > 0;
    this.#pendingTimer = setTimer(
      this.#pendingTimer,
      somePending,
      () => this.#lookForPending(),
      this.#settings.pendingMs,
    );
  }
}

function setTimer(
  timer: NodeJS.Timeout | undefined,
  isNeeded: boolean,
  action: () => void,
  periodMs: number,
): NodeJS.Timeout | undefined {
  if (isNeeded) return timer ?? setInterval(action, periodMs).unref();
  clearInterval(timer);
  return undefined;
}
