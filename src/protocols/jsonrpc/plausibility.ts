import { type Direction, RECV, SEND } from '../direction.js';
import type { MessageSink, Request, Response, UndecodableReason } from '../protocol.js';

/** So many units that were not understood, before any that was, are enough to decide what to make of them. */
const HELD_MAX = 64;

interface Held {
  readonly direction: Direction;
  readonly reason: UndecodableReason;
}

/**
 * What both directions of a conversation know together: whether it is JSON-RPC at all. Stands before the sink, and holds
 * back what was not understood until that is known: the reasons are told once a message is understood; and when the
 * conversation speaks another protocol, that is said once, in place of them.
 */
export class Conversation implements MessageSink {
  #sink: MessageSink;
  #isUnderstood = false;
  readonly #hasMissed: [boolean, boolean] = [false, false];
  #hasGivenUp = false;
  /** Messages that were passed over before anything was understood. */
  #strangers = 0;
  readonly #hasBegun: [boolean, boolean] = [false, false];
  /** Requests with the id null that were not answered, by their direction. */
  readonly #nulls: [number, number] = [0, 0];
  /** undefined once nothing is held back any more. */
  #held: Held[] | undefined = [];

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** From now on, something stands between the conversation and its sink. */
  tellThrough(sink: MessageSink): void {
    this.#sink = sink;
  }

  get hasGivenUp(): boolean {
    return this.#hasGivenUp;
  }

  /** Whether a message was understood: what is like one, but would not show it on its own, is one. */
  get isUnderstood(): boolean {
    return this.#isUnderstood;
  }

  /** Whether there may have been a request, so that an object with an id and a result may answer it. */
  mayAnswer(direction: Direction): boolean {
    // What is sent may not be captured at all. A client that begins with answers is none: it sends records.
    const isUnasked = direction === RECV && !this.#hasBegun[SEND];
    return this.#isUnderstood || this.#hasMissed[opposite(direction)] || isUnasked;
  }

  /** Something is seen of a direction. */
  begins(direction: Direction): void {
    this.#hasBegun[direction] = true;
  }

  /** Something of a direction was not captured: there may have been a request. */
  missed(direction: Direction): void {
    this.#hasMissed[direction] = true;
  }

  /** A request has null for an id. */
  askedWithNull(direction: Direction): void {
    this.#nulls[direction]++;
  }

  /** Whether an answer with the id null has that of a request: else its server could not read the id. */
  answersNull(direction: Direction): boolean {
    const asked = opposite(direction);
    if (this.#nulls[asked] === 0) return false;
    this.#nulls[asked]--;
    return true;
  }

  request(request: Request): void {
    if (this.#isUnderstood || this.#understand()) this.#sink.request(request);
  }

  response(response: Response): void {
    if (this.#isUnderstood || this.#understand()) this.#sink.response(response);
  }

  undecodable(direction: Direction, reason: UndecodableReason): void {
    if (this.#hasGivenUp) return;
    if (reason === 'truncated') this.missed(direction);
    if (this.#held === undefined) this.#sink.undecodable(direction, reason);
    else if (this.#held.push({ direction, reason }) === HELD_MAX) this.#decide(this.#held);
  }

  /** A message of what carries those of JSON-RPC has none in it, and none is missed. */
  stranger(direction: Direction): void {
    if (this.#isUnderstood || this.#hasGivenUp || ++this.#strangers < HELD_MAX) return;
    this.giveUp(direction);
  }

  giveUp(direction: Direction): void {
    if (this.#hasGivenUp) return;
    this.#hasGivenUp = true;
    this.#isUnderstood = false;
    this.#held = undefined;
    this.#sink.undecodable(direction, 'unknown_protocol');
  }

  /** Nothing more will be shown. */
  end(): void {
    if (this.#held !== undefined && this.#held.length > 0) this.#decide(this.#held);
    else if (!this.#isUnderstood && this.#strangers > 0) this.giveUp(SEND);
  }

  /** A message was understood. Whether it is told of. */
  #understand(): boolean {
    if (this.#hasGivenUp) return false;
    this.#isUnderstood = true;
    if (this.#held !== undefined) this.#tell(this.#held);
    return true;
  }

  #decide(held: readonly Held[]): void {
    const strangers = held.filter(({ reason }) => reason === 'not_a_message' || reason === 'malformed');
    // Most of it was seen well enough to know that it is no JSON-RPC.
    if (2 * strangers.length >= held.length) this.giveUp(strangers[0].direction);
    else this.#tell(held);
  }

  #tell(held: readonly Held[]): void {
    this.#held = undefined;
    for (const { direction, reason } of held) this.#sink.undecodable(direction, reason);
  }
}

function opposite(direction: Direction): Direction {
  return direction === SEND ? RECV : SEND;
}
