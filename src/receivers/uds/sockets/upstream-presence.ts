import { performance } from 'node:perf_hooks';
import type { Appearance } from '../../../linux/front.js';
import type { Reception } from '../../../linux/listener-probe.js';

/** How long an upstream must have been down for the file to be hidden, in ms: a server that starts has bound its path and does not listen yet. */
const DOWN_MS = 100;

/** Whether an upstream is there, as it was seen from time to time; and how a path should look because of it. */
export class UpstreamPresence {
  /** There has been an upstream, dead or alive. */
  #hasBeenThere: boolean;
  /** Since when the upstream seems to be down; monotonic, in ms. */
  #downSinceMs: number | undefined;

  constructor(hasBeenThere: boolean) {
    this.#hasBeenThere = hasBeenThere;
  }

  /** It does not seem to be down. */
  get isUp(): boolean {
    return this.#downSinceMs === undefined;
  }

  /** It has been down for long enough that this can be shown. */
  get isDown(): boolean {
    return this.#downSinceMs !== undefined && performance.now() - this.#downSinceMs >= DOWN_MS;
  }

  /**
   * Takes in how it receives clients now, and returns how its path should look. Before there has been an upstream, containers are
   * made that mount the file; it must be the one that is served later.
   */
  see(reception: Reception): Appearance {
    this.#hasBeenThere ||= reception !== 'absent';
    const isMissing = reception === 'absent' && this.#hasBeenThere;
    const wanted = reception === 'refusing' ? 'refusing' : isMissing ? 'absent' : 'shown';
    if (wanted === 'shown') this.#downSinceMs = undefined;
    else this.#downSinceMs ??= performance.now();
    return wanted;
  }
}
