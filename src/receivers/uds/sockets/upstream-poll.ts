/** How soon one that is down is looked at after something has happened to its file, in ms; doubled up to the period. */
const FIRST_LOOK_MS = 1;

/** How often some upstreams are looked at, in ms, and how many of them: a dead server leaves its file, and no event tells. */
export interface PollRate {
  readonly periodMs: number;
  readonly count: number;
}

interface Polled {
  soonMs: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Looks at upstreams in turn, and at one that comes back more often at first: a server's file is there before it listens.
 * Looking costs a few microseconds. Nothing of this keeps the process alive.
 */
export class UpstreamPoll {
  /** Returns whether the upstream is up. */
  readonly #look: (listen: string) => boolean;
  readonly #rate: PollRate;
  /** By the paths of the sockets, in the order in which they were looked at. */
  readonly #polled = new Map<string, Polled>();
  #interval: NodeJS.Timeout | undefined;

  constructor(look: (listen: string) => boolean, rate: PollRate) {
    this.#look = look;
    this.#rate = rate;
  }

  /** Looks from now on. Something has happened to it: soon, if it is down. */
  keep(listen: string, isUp: boolean): void {
    const polled = this.#polled.get(listen) ?? { soonMs: FIRST_LOOK_MS, timer: undefined };
    this.#polled.set(listen, polled);
    this.#interval ??= setInterval(() => this.#lookAtSome(), this.#rate.periodMs).unref();
    clearTimeout(polled.timer);
    polled.timer = undefined;
    polled.soonMs = FIRST_LOOK_MS;
    if (!isUp) this.#lookSoon(listen, polled);
  }

  release(listen: string): void {
    clearTimeout(this.#polled.get(listen)?.timer);
    this.#polled.delete(listen);
    if (this.#polled.size > 0) return;
    clearInterval(this.#interval);
    this.#interval = undefined;
  }

  #lookAtSome(): void {
    let left = Math.min(this.#rate.count, this.#polled.size);
    for (const [listen, polled] of this.#polled) {
      if (left-- === 0) return;
      this.#polled.delete(listen);
      this.#polled.set(listen, polled);
      this.#look(listen);
    }
  }

  #lookSoon(listen: string, polled: Polled): void {
    if (polled.soonMs > this.#rate.periodMs) return;
    polled.timer = setTimeout(() => {
      polled.timer = undefined;
      polled.soonMs *= 2;
      if (!this.#look(listen)) this.#lookSoon(listen, polled);
    }, polled.soonMs).unref();
  }
}
