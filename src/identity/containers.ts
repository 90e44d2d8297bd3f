import type { ProcessIdentity } from './identity.js';
import { LifeWatch } from './life-watch.js';
import { containerKey, type Namesake } from './namesakes.js';
import type { ProcessSnapshot } from './process-snapshot.js';
import { ProcessResolver } from './resolve-process.js';
import type { HostFiles } from './sources/host-files.js';

/** Interval between looks at followers whose process has no liveness path, in ms. */
const SWEEP_MS = 60_000;

/** A process without a liveness path counts as ended after this many sweeps without a connection. */
const IDLE_SWEEPS = 15;

/** How long an announced container may take to appear, in ms. */
const APPEAR_MS = 30_000;

/** Something that is kept for a process until it ends. */
interface Follower {
  /** Connections of the process so far. The process is idle while all are closed and none is opened. */
  connections(): { readonly opened: number; readonly closed: number };
  /** The process, or the container it is in, has ended. Called once. */
  ended(): void;
}

/** Called when a container has ended; `wasThere` is false if its liveness path never appeared. */
type OnContainerEnd = (what: { wasThere: boolean }) => void;

interface Idle {
  opened: number;
  sweeps: number;
}

/** The containers that are in use, and when they end. */
export class Containers {
  readonly #resolver: ProcessResolver;
  readonly #appearMs: number;
  readonly #life = new LifeWatch((path, what) => this.#hasVanished(path, what));
  readonly #listenersOf = new Map<string, Set<OnContainerEnd>>();
  /** Followers of processes without a liveness path. */
  readonly #swept = new Map<Follower, Idle>();
  /** Number of users of each container. */
  readonly #users = new Map<string, number>();
  #sweepTimer: NodeJS.Timeout | undefined;

  /** `appearMs`: how long an announced container may take to appear. */
  constructor(files: Partial<HostFiles> = {}, { appearMs = APPEAR_MS } = {}) {
    this.#appearMs = appearMs;
    this.#resolver = new ProcessResolver(files);
  }

  /** Identifies the process of a snapshot. Files are only read for a container that is not in use yet. */
  identify(snapshot: ProcessSnapshot): ProcessIdentity {
    return this.#resolver.resolve(snapshot);
  }

  /**
   * The attributes that the host's files give a container. `annotations` and `bundle` are its own, where known;
   * what they say takes precedence.
   */
  attributesOf(
    id: string,
    known: { annotations?: unknown; bundle?: string | undefined } = {},
  ): Readonly<Record<string, string>> {
    return this.#resolver.attributesOf(id, known);
  }

  /** Tells the follower when the process ends. Returns a function that stops following. */
  follow({ container }: ProcessIdentity, follower: Follower): () => void {
    const release =
      container?.livenessPath === undefined
        ? this.#sweepFor(follower)
        : this.#watch(container.livenessPath, () => follower.ended());
    if (container === undefined) return release;
    const stop = this.#use(container);
    return () => {
      release();
      stop();
    };
  }

  /**
   * The attributes by which a container is counted apart from others with the same id; none if there is no other.
   * The container stays in use until it is released.
   */
  distinguish(container: Namesake): { attributes: Readonly<Record<string, string>>; release: () => void } {
    const attributes = this.#resolver.distinguish(container);
    return { attributes, release: this.#use(container) };
  }

  /**
   * Tells when a container that is about to be created ends, or when it has not appeared within `appearMs`. Returns a
   * function that stops expecting it.
   */
  expect(livenessPath: string, ended: OnContainerEnd): () => void {
    const isKnown = this.#listenersOf.has(livenessPath);
    const release = this.#listen(livenessPath, ended);
    if (!isKnown) this.#life.watchPending(livenessPath, this.#appearMs);
    return release;
  }

  close(): void {
    clearInterval(this.#sweepTimer);
    this.#life.close();
    this.#listenersOf.clear();
    this.#swept.clear();
  }

  /** Marks a container as in use. Returns a function that ends this use, once. */
  #use(container: Namesake): () => void {
    const key = containerKey(container);
    this.#users.set(key, (this.#users.get(key) ?? 0) + 1);
    let isUsed = true;
    return () => {
      if (!isUsed) return;
      isUsed = false;
      const left = (this.#users.get(key) ?? 1) - 1;
      if (left > 0) this.#users.set(key, left);
      else this.#users.delete(key);
      // A container that comes back under this id is read anew.
      if (left === 0) this.#resolver.forget(container);
    };
  }

  #watch(path: string, ended: () => void): () => void {
    const release = this.#listen(path, ended);
    // The path exists now. A listener that still expects it would miss it if it vanished before the next look.
    this.#life.watch(path);
    return release;
  }

  #listen(path: string, ended: OnContainerEnd): () => void {
    const listeners = this.#listenersOf.get(path) ?? new Set();
    // A wrapper for each call, since the same function may be given twice.
    const listener: OnContainerEnd = (what) => ended(what);
    listeners.add(listener);
    this.#listenersOf.set(path, listeners);
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#listenersOf.delete(path);
      this.#life.unwatch(path);
    };
  }

  #hasVanished(path: string, what: { wasThere: boolean }): void {
    const listeners = [...(this.#listenersOf.get(path) ?? [])];
    // Emptied first, so that a late release does not unwatch a path that may belong to another container by then.
    this.#listenersOf.get(path)?.clear();
    this.#listenersOf.delete(path);
    for (const ended of listeners) ended(what);
  }

  #sweepFor(follower: Follower): () => void {
    this.#swept.set(follower, { opened: -1, sweeps: 0 });
    this.#sweepTimer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    return () => void this.#swept.delete(follower);
  }

  #sweep(): void {
    for (const [follower, idle] of this.#swept) {
      const { opened, closed } = follower.connections();
      const isIdle = opened === closed && opened === idle.opened;
      idle.opened = opened;
      idle.sweeps = isIdle ? idle.sweeps + 1 : 0;
      if (idle.sweeps < IDLE_SWEEPS) continue;
      this.#swept.delete(follower);
      follower.ended();
    }
    if (this.#swept.size > 0) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }
}
