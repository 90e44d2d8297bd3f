import type { Direction } from '../direction.js';
import type { MessageSink, UndecodableReason } from '../protocol.js';

/** So many units in a row that are no JSON-RPC, before any that is, are another protocol. */
const STRANGERS_MAX = 32;

/** What both directions of a conversation know together: whether it is one at all. */
export class Conversation {
  readonly #sink: MessageSink;
  #isUnderstood = false;
  #strangers = 0;
  #hasGivenUp = false;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  /** A message was understood. */
  understood(): void {
    this.#isUnderstood = true;
  }

  /** Counts a unit that was not understood. */
  undecodable(direction: Direction, reason: UndecodableReason): void {
    this.#sink.undecodable(direction, reason);
    const isStranger = reason === 'not_a_message' || reason === 'malformed' || reason === 'encoded';
    if (isStranger && !this.#isUnderstood && ++this.#strangers >= STRANGERS_MAX) this.giveUp(direction);
  }

  giveUp(direction: Direction): void {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    this.#sink.undecodable(direction, 'unknown_protocol');
  }
}
