import { sameWhenRounded } from '../alike-ids.js';
import type { Attributes } from '../conventions.js';
import type { CallId, Response } from '../protocol.js';

/** Stands for an id that was not captured. No id of JSON-RPC is spelled so. */
const UNKNOWN: CallId = '?';

/** What a response comes to for the calls that it does not answer one by one. */
export type Verdict = Pick<Response, 'error' | 'doubt' | 'timeMs' | 'bytes'>;

/** What the header block of a request says of the call that it is. */
export interface RequestHead {
  /** Method and template of the path; empty where the line was not seen. */
  readonly name: string;
  /** When its first byte was seen, monotonic ms. */
  readonly beginMs: number;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly attributes: Attributes | undefined;
  /** Path and query, as they were sent, if payload is kept. */
  readonly target: string | undefined;
}

/** What a response says of the call that it answers. */
export interface Answer {
  /** 0 where it was not seen. */
  readonly status: number;
  /** The connection ended before a body that says where it ends. */
  readonly isBrokenOff: boolean;
  readonly reason: string;
  readonly firstByteMs: number;
  readonly timeMs: number;
  readonly bytes: number;
  readonly payload: string | undefined;
}

/** A request of HTTP and the response to it: the calls that the one asks and the other answers. */
export class Exchange {
  /** No other of its connection has it. */
  readonly number: number;
  /** What the ids of its calls begin with. */
  readonly #prefix: string;
  /** The response has no body, whatever its headers say. */
  readonly isHead: boolean;
  /** The request has a body, which may ask something. */
  readonly isAsking: boolean;
  /** All of the request has been seen. */
  isRead: boolean;
  /** All of it was understood: it has no call of which nothing is known. */
  isWhole = true;
  /** What the response came to; undefined until it has ended. */
  verdict: Verdict | undefined;
  /** An answer that was given before what it answers had been seen. */
  early: Response | undefined;
  /** What its request says of the call that it is itself, until that has been told. */
  head: RequestHead | undefined;
  /** Headers of its request that somebody wants to know of, in the order in which they were asked for. */
  headers: readonly string[] | undefined;
  /** What follows the response may be another protocol. */
  mayUpgrade = false;
  /** Whether it is a request at all, the answer to an upgrade would have said: nothing is told of it. */
  isEarly = false;
  /** It has been told of as a call of HTTP, … */
  isCall = false;
  /** … or messages that its request carries have. */
  hasMessages = false;
  /** The response, of which nothing has been told because the request is not known yet. */
  answer: Answer | undefined;
  /** What it takes to remember its calls. */
  heldBytes = 0;
  /** It is waited for no longer. */
  isOver = false;
  /** It was forgotten, but its response will be known for one of such. */
  isCountedOut = false;
  /** The only call that waits for an answer; most requests make no other. */
  #only: CallId | undefined;
  /** How many of several calls have an id. */
  #waiting: Map<CallId, number> | undefined;
  #count = 0;

  constructor(number: number, isHead: boolean, isAsking: boolean) {
    this.number = number;
    this.#prefix = `${number}/`;
    this.isHead = isHead;
    this.isAsking = isAsking;
    this.isRead = !isAsking;
  }

  /** Its own id, if it is a call: none that it carries has it. */
  get ownId(): CallId {
    return this.#prefix;
  }

  /** What an id is called here: equal ids of other exchanges are others. */
  callId(id: CallId | undefined): CallId {
    return this.#prefix + (id ?? UNKNOWN);
  }

  /** A call waits for its answer. */
  add(id: CallId = UNKNOWN): void {
    if (this.#count++ === 0) {
      this.#only = id;
      return;
    }
    this.#waiting ??= new Map();
    if (this.#only !== undefined) this.#put(this.#only);
    this.#only = undefined;
    this.#put(id);
  }

  /** Whether a call with that very id waits. */
  has(id: CallId | undefined): boolean {
    return id !== undefined && (this.#only === id || this.#waiting?.has(id) === true);
  }

  /** Takes the call that is answered with an id: that with the same, or with one that is rounded, or the only one. */
  take(id: CallId | undefined): CallId | undefined {
    const only = this.isWhole && this.#count === 1 ? this.#first() : undefined;
    const found = this.has(id) ? id : (this.#rounded(id) ?? only);
    if (found === undefined) return undefined;
    this.#remove(found);
    return this.callId(found);
  }

  /** Takes all calls that wait. */
  takeAll(): CallId[] {
    const taken = this.#only === undefined ? [] : [this.callId(this.#only)];
    for (const [id, count] of this.#waiting ?? []) {
      for (let i = 0; i < count; i++) taken.push(this.callId(id));
    }
    this.#only = this.#waiting = undefined;
    this.#count = 0;
    return taken;
  }

  #first(): CallId | undefined {
    return this.#only ?? this.#waiting?.keys().next().value;
  }

  #rounded(id: CallId | undefined): CallId | undefined {
    if (id === undefined || this.#waiting === undefined) return undefined;
    return sameWhenRounded(id, this.#waiting.keys());
  }

  #put(id: CallId): void {
    this.#waiting?.set(id, (this.#waiting.get(id) ?? 0) + 1);
  }

  #remove(id: CallId): void {
    this.#count--;
    this.#only = undefined;
    const count = this.#waiting?.get(id) ?? 0;
    if (count > 1) this.#waiting?.set(id, count - 1);
    else this.#waiting?.delete(id);
  }
}
