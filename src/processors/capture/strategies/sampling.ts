import { type Direction, SEND } from '../../../protocols/direction.js';
import { type CompleteStrategy, SKIP } from './strategy.js';

/** Numbers in [0, 1). */
export type Random = () => number;

/** Takes a part of the connections, and of those what `then` takes. */
export class ConnectionSampling implements CompleteStrategy {
  readonly #ratio: number;
  readonly #then: CompleteStrategy;
  readonly #random: Random;

  constructor(ratio: number, then: CompleteStrategy, random: Random = Math.random) {
    this.#ratio = ratio;
    this.#then = then;
    this.#random = random;
  }

  keep(bytes: number, direction: Direction, connection: number): number {
    return this.#then.keep(bytes, direction, connection);
  }

  takesConnection(connection: number): boolean {
    return this.#random() < this.#ratio && this.#then.takesConnection(connection);
  }

  weight(direction: Direction): number {
    return this.#then.weight(direction) / this.#ratio;
  }
}

/**
 * Takes a part of the messages that the container sends, and of those what `then` takes.
 *
 * It takes everything that the upstream sends: any of it may answer a message that was taken, and only the
 * decoder can tell. Other answers cost their capture, and no more.
 */
export class MessageSampling implements CompleteStrategy {
  readonly #ratio: number;
  readonly #then: CompleteStrategy;
  readonly #random: Random;

  constructor(ratio: number, then: CompleteStrategy, random: Random = Math.random) {
    this.#ratio = ratio;
    this.#then = then;
    this.#random = random;
  }

  keep(bytes: number, direction: Direction, connection: number): number {
    if (direction === SEND && this.#random() >= this.#ratio) return SKIP;
    return this.#then.keep(bytes, direction, connection);
  }

  takesConnection(connection: number): boolean {
    return this.#then.takesConnection(connection);
  }

  weight(direction: Direction): number {
    return direction === SEND ? this.#then.weight(direction) / this.#ratio : this.#then.weight(direction);
  }
}
