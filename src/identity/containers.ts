import type { PeerIdentity } from './identity.js';
import { LifeWatch } from './life-watch.js';
import { containerKey, type Namesake } from './namesakes.js';
import type { ProcessSnapshot } from './process-snapshot.js';
import { PeerResolver } from './resolve-peer.js';
import type { HostFiles } from './sources/host-files.js';

/** How often those are looked over of whom nothing tells when they end, in ms. */
const SWEEP_MS = 60_000;

/** So many sweeps without a connection, and they have ended: what comes by now and then stays the same. */
const IDLE_SWEEPS = 15;

/** How long a container that has been announced may take to appear, in ms. */
const APPEAR_MS = 30_000;

/** Something that is counted for a peer as long as that lives. */
export interface PeerUser {
  /** Connections of the peer so far. It is idle while all are closed and none is opened. */
  connections(): { readonly opened: number; readonly closed: number };
  /** The peer has ended. Called once. */
  ended(): void;
}

/** Hears that what a marker stands for has ended, or, `wasThere` false, that the marker has never appeared. */
export type OnMarkerEnd = (what: { wasThere: boolean }) => void;

interface Idle {
  opened: number;
  sweeps: number;
}

/** The containers there are, as far as anybody counts for them, and when they end. */
export class Containers {
  readonly #resolver: PeerResolver;
  readonly #appearMs: number;
  readonly #life = new LifeWatch((marker, what) => this.#hasVanished(marker, what));
  /** Who hears of a marker that has vanished. */
  readonly #byMarker = new Map<string, Set<OnMarkerEnd>>();
  /** Users of whose peers nothing in the file system tells. */
  readonly #unmarked = new Map<PeerUser, Idle>();
  /** How many count for each container. */
  readonly #users = new Map<string, number>();
  #sweepTimer: NodeJS.Timeout | undefined;

  /** `appearMs`: how long a container that has been announced may take to appear. */
  constructor(files: Partial<HostFiles> = {}, { appearMs = APPEAR_MS } = {}) {
    this.#appearMs = appearMs;
    this.#resolver = new PeerResolver(files);
  }

  /** Who the snapshot is about; files are read only for a container that nobody counts for yet. */
  identify(snapshot: ProcessSnapshot): PeerIdentity {
    return this.#resolver.resolve(snapshot);
  }

  /** What files of the host say about a container. `annotations`: of its specification, where they are known. */
  attributesOf(id: string, annotations?: unknown): Readonly<Record<string, string>> {
    return this.#resolver.attributesOf(id, annotations);
  }

  /** Tells the user when its peer ends. Returns what ends its interest. */
  follow({ container }: PeerIdentity, user: PeerUser): () => void {
    const release =
      container?.marker === undefined
        ? this.#sweepFor(user)
        : this.#follow(container.marker, () => user.ended());
    if (container === undefined) return release;
    const stop = this.#use(container);
    return () => {
      release();
      stop();
    };
  }

  /**
   * Attributes that tell a container from others of its id, by which it is counted; nothing where there is no other.
   * Held until it is released.
   */
  distinguish(container: Namesake): { attributes: Readonly<Record<string, string>>; release: () => void } {
    const attributes = this.#resolver.distinguish(container);
    return { attributes, release: this.#use(container) };
  }

  /** Tells when a container ends that is about to be made, or has not been within half a minute. */
  expect(marker: string, ended: OnMarkerEnd): () => void {
    const isKnown = this.#byMarker.has(marker);
    const release = this.#listen(marker, ended);
    if (!isKnown) this.#life.watchPending(marker, this.#appearMs);
    return release;
  }

  close(): void {
    clearInterval(this.#sweepTimer);
    this.#life.close();
    this.#byMarker.clear();
    this.#unmarked.clear();
  }

  /** Somebody counts for a container. Returns what ends that, once. */
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
      // What comes back under the id is to be looked at anew.
      if (left === 0) this.#resolver.forget(container);
    };
  }

  #follow(marker: string, ended: () => void): () => void {
    const release = this.#listen(marker, ended);
    // It is there now. Who expects it may not have seen so yet, and will not if it is gone before he looks.
    this.#life.watch(marker);
    return release;
  }

  #listen(marker: string, ended: OnMarkerEnd): () => void {
    const listeners = this.#byMarker.get(marker) ?? new Set();
    // The same function may be given twice.
    const listener: OnMarkerEnd = (what) => ended(what);
    listeners.add(listener);
    this.#byMarker.set(marker, listeners);
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#byMarker.delete(marker);
      this.#life.unwatch(marker);
    };
  }

  #hasVanished(marker: string, what: { wasThere: boolean }): void {
    const told = [...(this.#byMarker.get(marker) ?? [])];
    // None of them has anything to release any more: the marker may belong to somebody else by then.
    this.#byMarker.get(marker)?.clear();
    this.#byMarker.delete(marker);
    for (const ended of told) ended(what);
  }

  #sweepFor(user: PeerUser): () => void {
    this.#unmarked.set(user, { opened: -1, sweeps: 0 });
    this.#sweepTimer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    return () => void this.#unmarked.delete(user);
  }

  #sweep(): void {
    for (const [user, idle] of this.#unmarked) {
      const { opened, closed } = user.connections();
      const isIdle = opened === closed && opened === idle.opened;
      idle.opened = opened;
      idle.sweeps = isIdle ? idle.sweeps + 1 : 0;
      if (idle.sweeps < IDLE_SWEEPS) continue;
      this.#unmarked.delete(user);
      user.ended();
    }
    if (this.#unmarked.size > 0) return;
    clearInterval(this.#sweepTimer);
    this.#sweepTimer = undefined;
  }
}
