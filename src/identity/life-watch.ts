import { watch as watchDirectory } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { isThere } from '../linux/files.js';
import { WatchedDirectory, type WatchFunction } from './watched-directory.js';

export interface LifeWatchSettings {
  /** How often to look at markers in directories that the kernel does not watch for us. */
  readonly sweepMs: number;
  /** How often to look for markers that are yet to appear. */
  readonly pendingMs: number;
  /** How often to look at a few markers that the kernel does watch: its queue of events may have overflowed. */
  readonly auditMs: number;
  readonly watch: WatchFunction;
}

const DEFAULTS: LifeWatchSettings = { sweepMs: 5000, pendingMs: 250, auditMs: 1000, watch: watchDirectory };

/** Markers looked at in one audit, in turn: a thousand of them within half a minute. */
const AUDITED = 32;

/** How long a marker may still take to appear that seems to have come and gone already, in ms. */
const COME_AND_GONE_MS = 2000;

/** Hears that a marker has vanished, or, `wasThere` false, that it has never appeared in its time. */
export type OnEnd = (marker: string, what: { wasThere: boolean }) => void;

/** A marker that is yet to appear. */
interface Pending {
  deadlineMs: number;
  /** What the kernel has told of its name. */
  events: number;
}

/**
 * Notices when a marker vanishes: a path that is there exactly as long as a container is. The kernel tells, by one
 * inotify watch for each directory that has markers. Where it cannot, they are looked at from time to time; and a few
 * of the others are in turn, since nobody says so when events were lost.
 * Nothing of this keeps the process alive.
 */
export class LifeWatch {
  readonly #onEnd: OnEnd;
  readonly #settings: LifeWatchSettings;
  readonly #directories = new Map<string, WatchedDirectory>();
  readonly #pending = new Map<string, Pending>();
  /** All that are watched, those that were looked at last at the end. */
  readonly #audited = new Set<string>();
  #auditTimer: NodeJS.Timeout | undefined;
  #sweepTimer: NodeJS.Timeout | undefined;
  #pendingTimer: NodeJS.Timeout | undefined;

  /** @param onEnd is called once for each watched marker that vanished, never from within a call of ours */
  constructor(onEnd: OnEnd, settings: Partial<LifeWatchSettings> = {}) {
    this.#onEnd = onEnd;
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /** Watches a marker, an absolute path. One that has vanished already is told of, too. */
  watch(marker: string): void {
    this.#pending.delete(marker);
    this.#directoryOf(marker).add(marker);
    this.#audited.add(marker);
    // It may have vanished before the kernel watched. Whoever calls must have got our return before he hears so.
    queueMicrotask(() => this.#check([marker]));
    this.#setTimers();
  }

  /** Waits for a marker to appear, and then watches it. It has ended if it does not appear within `timeoutMs`. */
  watchPending(marker: string, timeoutMs: number): void {
    this.#pending.set(marker, { deadlineMs: performance.now() + timeoutMs, events: 0 });
    this.#watchParent(marker);
    queueMicrotask(() => this.#lookFor(marker));
    this.#setTimers();
  }

  unwatch(marker: string): void {
    this.#pending.delete(marker);
    this.#audited.delete(marker);
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
    this.#audited.clear();
    this.#setTimers();
  }

  #directoryOf(marker: string): WatchedDirectory {
    const parent = dirname(marker);
    const known = this.#directories.get(parent);
    if (known !== undefined) return known;
    const directory = new WatchedDirectory(parent, this.#settings.watch, (markers, { isCertain }) => {
      if (isCertain) this.#noteEvent(markers);
      this.#check(markers);
      this.#setTimers();
    });
    this.#directories.set(parent, directory);
    return directory;
  }

  /** The kernel tells of what is yet to appear as well, once there is a directory for it. */
  #watchParent(marker: string): void {
    if (isThere(dirname(marker))) this.#directoryOf(marker).add(marker);
  }

  #isWatched(marker: string): boolean {
    return !this.#pending.has(marker) && this.#directories.get(dirname(marker))?.has(marker) === true;
  }

  /**
   * Of a marker that has not been seen yet, and is not there: it may have come and gone between two looks. One event
   * alone may be the end of an earlier container of that name, and so may two, if it was short. So it is not ended
   * at once.
   */
  #noteEvent(markers: readonly string[]): void {
    for (const marker of markers) {
      const pending = this.#pending.get(marker);
      if (pending === undefined) continue;
      if (isThere(marker)) this.watch(marker);
      else if (++pending.events >= 2)
        pending.deadlineMs = Math.min(pending.deadlineMs, performance.now() + COME_AND_GONE_MS);
    }
  }

  #check(markers: readonly string[]): void {
    for (const marker of markers) {
      if (this.#isWatched(marker) && !isThere(marker)) this.#end(marker, true);
    }
  }

  #end(marker: string, wasThere: boolean): void {
    this.unwatch(marker);
    this.#onEnd(marker, { wasThere });
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

  #audit(): void {
    const markers = [...this.#audited].slice(0, AUDITED);
    for (const marker of markers) {
      this.#audited.delete(marker);
      this.#audited.add(marker);
    }
    this.#check(markers);
  }

  #lookForPending(): void {
    for (const marker of this.#pending.keys()) this.#lookFor(marker);
  }

  #lookFor(marker: string): void {
    const pending = this.#pending.get(marker);
    if (pending === undefined) return;
    if (isThere(marker)) this.watch(marker);
    else if (performance.now() >= pending.deadlineMs) this.#end(marker, pending.events > 0);
    else this.#watchParent(marker);
  }

  /** The timers run exactly while there is something to look at. */
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
