import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Appearance } from '../../../linux/front.js';
import { type PathHandle, PathWatch } from './path-watch.js';
import type { RelaySocket } from './relay-socket.js';
import type { RelayedSocket } from './relayed-socket.js';
import { UpstreamPoll } from './upstream-poll.js';

/** Interval at which some sockets are looked at in turn without an event, in ms: events may be lost, links may change. */
const AUDIT_MS = 2000;

/** So many of them at a time. */
const AUDITED = 8;

/**
 * How long a path that was bound anew, or could not be, is left as it is, in ms: at first, and doubled up to the last. So
 * a program that removes it in a loop does not keep the agent busy.
 */
const FIRST_DELAY_MS = 250;
const LAST_DELAY_MS = 10_000;

/** After this time, in ms, the delay is the first one again, and the warning is logged again. */
const CALM_MS = 60_000;

/**
 * How often upstreams are looked at. A path that was taken over is left to a server that has died before it starts again:
 * one that looks whether another lives would find us.
 */
const UPSTREAM_RATE = { periodMs: 250, count: 32 };
const TAKEOVER_RATE = { periodMs: 50, count: 16 };

export interface SocketKeeperSettings {
  /** The socket that is relayed on a path at present. */
  socketAt(listen: string): RelaySocket | undefined;
  /**
   * Binds the path of a socket anew; false: it was not removed but of another type, or it is in its place by now, or not relayed
   * any more. @throws Error
   */
  bindAnew(listen: string): Promise<boolean>;
  readonly logger: Logger;
}

interface Kept {
  readonly listen: string;
  places: readonly string[];
  watched: PathHandle[];
  delayMs: number;
  /** When it was last bound anew, and when it may be again; monotonic. */
  triedMs: number;
  nextMs: number;
  isBinding: boolean;
  /** Times it was bound anew since the last warning, and when that was; monotonic. */
  unsaid: number;
  saidMs: number;
  timer: NodeJS.Timeout | undefined;
  /** Why clients do not reach it. */
  problem: string | undefined;
  /** When it was last said that it looks as its upstream does, which is down; monotonic. */
  hiddenSaidMs: number;
}

/**
 * Keeps sockets as they are configured whatever happens to their files: they have the access of their upstreams as that
 * changes, and are where clients look for them.
 */
export class SocketKeeper {
  readonly #settings: SocketKeeperSettings;
  readonly #paths = new PathWatch();
  /** By their paths, in the order in which they were looked at. */
  readonly #kept = new Map<string, Kept>();
  readonly #upstreams = new UpstreamPoll((listen) => this.#follow(listen), UPSTREAM_RATE);
  readonly #takeovers = new UpstreamPoll((listen) => this.#follow(listen), TAKEOVER_RATE);
  #audit: NodeJS.Timeout | undefined;

  constructor(settings: SocketKeeperSettings) {
    this.#settings = settings;
  }

  /** Looks after a socket from now on; or, if it does already, after what it is under a changed configuration. */
  keep(listen: string): void {
    const kept = this.#kept.get(listen) ?? newlyKept(listen);
    this.#kept.set(listen, kept);
    this.#audit ??= setInterval(() => this.#lookAtSome(), AUDIT_MS).unref();
    this.#look(kept);
  }

  release(listen: string): void {
    const kept = this.#kept.get(listen);
    if (kept === undefined) return;
    this.#kept.delete(listen);
    for (const poll of [this.#upstreams, this.#takeovers]) poll.release(listen);
    clearTimeout(kept.timer);
    for (const handle of kept.watched) handle.close();
    if (this.#kept.size > 0) return;
    clearInterval(this.#audit);
    this.#audit = undefined;
  }

  /** Looks at a socket now: a client was not served. */
  lookAt(listen: string): void {
    const kept = this.#kept.get(listen);
    if (kept !== undefined) this.#look(kept);
  }

  /** Why clients do not reach a socket, if they do not. */
  problemOf(listen: string): string | undefined {
    return this.#kept.get(listen)?.problem;
  }

  close(): void {
    for (const listen of [...this.#kept.keys()]) this.release(listen);
    this.#paths.close();
  }

  #lookAtSome(): void {
    for (const kept of [...this.#kept.values()].slice(0, AUDITED)) {
      this.#kept.delete(kept.listen);
      this.#kept.set(kept.listen, kept);
      for (const handle of kept.watched) handle.renew();
      this.#look(kept);
    }
  }

  /** Compares what is with what ought to be. */
  #look(kept: Kept): void {
    const socket = this.#settings.socketAt(kept.listen);
    if (socket === undefined || this.#kept.get(kept.listen) !== kept) return;
    this.#watch(kept, socket.places);
    this.#mirror(kept, socket);
    if (socket.file.isInPlace && socket.file.hasItsType) {
      kept.problem = undefined;
      socket.file.followAccess({ anew: false });
    } else void this.#restore(kept);
  }

  /** Its upstream may have died, or live again, without an event. Whether it is known to be up. */
  #follow(listen: string): boolean {
    const kept = this.#kept.get(listen);
    const socket = this.#settings.socketAt(listen);
    if (kept === undefined || socket === undefined) return true;
    if (socket.file.mirror()) this.#noteAppearance(kept, socket);
    return socket.file.isServed;
  }

  #mirror(kept: Kept, socket: RelaySocket): void {
    const { file } = socket;
    if (file.mirror()) this.#noteAppearance(kept, socket);
    const poll = socket.config.takeover ? this.#takeovers : this.#upstreams;
    if (file.mirrors) poll.keep(kept.listen, file.isServed);
    else poll.release(kept.listen);
  }

  #noteAppearance(kept: Kept, { file, config }: RelaySocket): void {
    const { logger } = this.#settings;
    const isShown = file.appearance === 'shown';
    const nowMs = performance.now();
    // An upstream that comes and goes is spoken of once.
    if (!isShown && nowMs - kept.hiddenSaidMs < CALM_MS) return;
    if (isShown) {
      logger.info(
        config.takeover ? `${config.listen} is taken over` : `${config.listen} accepts clients again`,
      );
      return;
    }
    kept.hiddenSaidMs = nowMs;
    logger.warn(config.takeover ? leftToServer(config) : looksLikeUpstream(config, file.appearance));
  }

  #watch(kept: Kept, places: readonly string[]): void {
    if (isDeepStrictEqual(places, kept.places)) return;
    const before = kept.watched;
    kept.places = places;
    // Those that stay are taken before they are given back.
    kept.watched = places.map((path) => this.#paths.watch(path, () => this.#look(kept)));
    for (const handle of before) handle.close();
  }

  async #restore(kept: Kept): Promise<void> {
    if (kept.isBinding || kept.timer !== undefined) return;
    const nowMs = performance.now();
    if (nowMs < kept.nextMs) {
      kept.timer = setTimeout(() => {
        kept.timer = undefined;
        this.#look(kept);
      }, kept.nextMs - nowMs).unref();
      return;
    }
    kept.delayMs =
      nowMs - kept.triedMs > CALM_MS ? FIRST_DELAY_MS : Math.min(2 * kept.delayMs, LAST_DELAY_MS);
    kept.triedMs = nowMs;
    kept.nextMs = nowMs + kept.delayMs;
    kept.isBinding = true;
    await this.#bindAnew(kept);
    kept.isBinding = false;
    if (this.#kept.get(kept.listen) !== kept) return;
    for (const handle of kept.watched) handle.renew();
    this.#look(kept);
  }

  async #bindAnew(kept: Kept): Promise<void> {
    const { logger, bindAnew } = this.#settings;
    try {
      if (await bindAnew(kept.listen)) this.#warn(kept);
    } catch (error) {
      const { message } = error as Error;
      if (message !== kept.problem)
        logger.error(`${message}; clients do not reach us there, and it is tried again`);
      kept.problem = message;
    }
  }

  #warn(kept: Kept): void {
    kept.unsaid++;
    const nowMs = performance.now();
    if (nowMs - kept.saidMs < CALM_MS) return;
    const times = kept.unsaid === 1 ? '' : ` (${kept.unsaid} times since the last such warning)`;
    this.#settings.logger.warn(`${kept.listen} was removed or replaced, and has been bound anew${times}`);
    kept.unsaid = 0;
    kept.saidMs = nowMs;
  }
}

function leftToServer({ listen }: RelayedSocket): string {
  return `nobody listens on ${listen} any more: it is left to its server, and taken over again when that is back`;
}

function looksLikeUpstream({ upstream, name, listen }: RelayedSocket, appearance: Appearance): string {
  const isAbsent = appearance === 'absent';
  const [what, too] = isAbsent ? ['is not there', 'nor is'] : ['refuses clients', 'and so does'];
  return `${upstream} of ${name} ${what}, ${too} ${listen} until it is served`;
}

function newlyKept(listen: string): Kept {
  return {
    listen,
    places: [],
    watched: [],
    delayMs: FIRST_DELAY_MS,
    triedMs: Number.NEGATIVE_INFINITY,
    nextMs: Number.NEGATIVE_INFINITY,
    isBinding: false,
    unsaid: 0,
    saidMs: Number.NEGATIVE_INFINITY,
    timer: undefined,
    problem: undefined,
    hiddenSaidMs: Number.NEGATIVE_INFINITY,
  };
}
