import { watch as watchDirectory } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { isThere } from '../linux/files.js';
import { WatchedDirectory, type WatchFunction } from './watched-directory.js';

export interface LifeWatchSettings {
  /** Interval between looks at paths in directories that the kernel does not watch for us, in ms. */
  readonly sweepMs: number;
  /** Interval between looks for paths that have not appeared yet, in ms. */
  readonly pendingMs: number;
  /** Interval between audits of paths that the kernel does watch, in ms: its event queue may have overflowed. */
  readonly auditMs: number;
  readonly watch: WatchFunction;
}

const DEFAULTS: LifeWatchSettings = { sweepMs: 5000, pendingMs: 250, auditMs: 1000, watch: watchDirectory };

/** Paths checked in one audit, in turn. A thousand paths take half a minute. */
const AUDITED = 32;

/** Time left for a path to appear once it seems to have come and gone, in ms. */
const COME_AND_GONE_MS = 2000;

/** Called when a path has vanished; `wasThere` is false if it did not appear in time. */
type OnEnd = (path: string, what: { wasThere: boolean }) => void;

/** A path that has not appeared yet. */
interface Pending {
  deadlineMs: number;
  /** Events that the kernel has reported for its name. */
  events: number;
}

/**
 * Reports when the liveness path of a container vanishes. One inotify watch covers all paths in a directory. Where the
 * kernel provides no watch, the paths are checked at intervals. A few watched paths are checked as well, in turn,
 * because lost events go unnoticed otherwise. None of this keeps the process alive.
 */
export class LifeWatch {
  readonly #onEnd: OnEnd;
  readonly #settings: LifeWatchSettings;
  readonly #directories = new Map<string, WatchedDirectory>();
  readonly #pending = new Map<string, Pending>();
  /** All watched paths, in order of their last audit. */
  readonly #audited = new Set<string>();
  #auditTimer: NodeJS.Timeout | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #pendingTimer: NodeJS.Timeout | undefined;

  /** @param onEnd called once for each watched path that vanished, never from within a method of this class */
  constructor(onEnd: OnEnd, settings: Partial<LifeWatchSettings> = {}) {
    this.#onEnd = onEnd;
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /** Watches an absolute path. A path that has vanished already is reported as well. */
  watch(path: string): void {
    this.#pending.delete(path);
    this.#directoryOf(path).add(path);
    this.#audited.add(path);
    // The path may have vanished before the watch began. The caller must not hear of it before this method returns.
    queueMicrotask(() => this.#check([path]));
    this.#setTimers();
  }

  /**
   * Waits for a path to appear, then watches it. A path that does not appear within `timeoutMs` is reported as ended.
   */
  watchPending(path: string, timeoutMs: number): void {
    this.#pending.set(path, { deadlineMs: performance.now() + timeoutMs, events: 0 });
    this.#watchParent(path);
    queueMicrotask(() => this.#lookFor(path));
    this.#setTimers();
  }

  unwatch(path: string): void {
    this.#pending.delete(path);
    this.#audited.delete(path);
    const parent = dirname(path);
    const directory = this.#directories.get(parent);
    directory?.delete(path);
    if (directory?.isEmpty === true) {
      directory.close();
      this.#directories.delete(parent);
    }
    this.#setTimers();
  }

  close(): void {
    for (const directory of this.#directories.values()) directory.close();
    this.#directories.clear();
    this.#pending.clear();
    this.#audited.clear();
    this.#setTimers();
  }

  #directoryOf(path: string): WatchedDirectory {
    const parent = dirname(path);
    const known = this.#directories.get(parent);
    if (known !== undefined) return known;
    const directory = new WatchedDirectory(parent, this.#settings.watch, (paths, { isCertain }) => {
      if (isCertain) this.#noteEvent(paths);
      this.#check(paths);
      this.#setTimers();
    });
    this.#directories.set(parent, directory);
    return directory;
  }

  /** The kernel also reports that a path appears, provided its directory exists. */
  #watchParent(path: string): void {
    if (isThere(dirname(path))) this.#directoryOf(path).add(path);
  }

  #isWatched(path: string): boolean {
    return !this.#pending.has(path) && this.#directories.get(dirname(path))?.has(path) === true;
  }

  /**
   * A pending path that had events but does not exist may have come and gone between two looks. A single event may
   * belong to the end of an earlier container with the same name, and even two may if that container was short-lived.
   * So the path is given some more time instead of being ended at once.
   */
  #noteEvent(paths: readonly string[]): void {
    for (const path of paths) {
      const pending = this.#pending.get(path);
      if (pending === undefined) continue;
      if (isThere(path)) this.watch(path);
      else if (++pending.events >= 2)
        pending.deadlineMs = Math.min(pending.deadlineMs, performance.now() + COME_AND_GONE_MS);
    }
  }

  #check(paths: readonly string[]): void {
    for (const path of paths) {
      if (this.#isWatched(path) && !isThere(path)) this.#end(path, true);
    }
  }

  #end(path: string, wasThere: boolean): void {
    this.unwatch(path);
    this.#onEnd(path, { wasThere });
  }

  #sweep(): void {
    for (const directory of this.#directories.values()) {
      if (directory.isWatched) continue;
      // Watch first, then check: a path that vanishes in between is noticed by one of the two.
      directory.tryWatching();
      this.#check(directory.entries);
    }
    this.#setTimers();
  }

  #audit(): void {
    const paths = [...this.#audited].slice(0, AUDITED);
    for (const path of paths) {
      this.#audited.delete(path);
      this.#audited.add(path);
    }
    this.#check(paths);
  }

  #lookForPending(): void {
    for (const path of this.#pending.keys()) this.#lookFor(path);
  }

  #lookFor(path: string): void {
    const pending = this.#pending.get(path);
    if (pending === undefined) return;
    if (isThere(path)) this.watch(path);
    else if (performance.now() >= pending.deadlineMs) this.#end(path, pending.events > 0);
    else this.#watchParent(path);
  }

  /** A timer runs only while it has paths to check. */
  #setTimers(): void {
    const someUnwatched = [...this.#directories.values()].some((directory) => !directory.isWatched);
    this.#sweepTimer = setTimer(this.#sweepTimer, someUnwatched, () => this.#sweep(), this.#settings.sweepMs);
    const someWatched = this.#audited.size > 0;
    this.#auditTimer = setTimer(this.#auditTimer, someWatched, () => this.#audit(), this.#settings.auditMs);
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
