import type { DecoderMemory } from '../protocol.js';

/** What the server answers with, and when that has ended. */
export type AnswerKind =
  /** Whatever comes before ReadyForQuery, and that: to a Query or a FunctionCall. */
  | 'query'
  /** To an Execute: up to CommandComplete or the like. */
  | 'execute'
  /** One message to each of some that no Execute is among. */
  | 'preparation'
  /** ReadyForQuery, to a Sync. */
  | 'sync';

/** An answer that is yet to come, or at hand. */
export interface ExpectedAnswer {
  readonly kind: AnswerKind;
  /** Number of the call; 0 for a Sync, which is none. */
  readonly call: number;
  /** Messages of a preparation that are yet to come. */
  messages: number;
  /** Nothing is yet to come but ReadyForQuery, which may still be an error. */
  isComplete: boolean;
}

/** Bulk loaders send thousands of Executes before they wait. */
const ANSWERS_MAX = 16 * 1024;
const ANSWER_BYTES = 72;

/** What a client has done within so many turns is what it does. A turn ends with a Query or a Sync, and its answer with ReadyForQuery. */
const TURNS = 16;

/** What is yet to come, in the order in which it was asked for. */
export class ExpectedAnswers {
  readonly #memory: DecoderMemory | undefined;
  #answers: ExpectedAnswer[] = [];
  #first = 0;
  /** Turns that are not answered. */
  #turns = 0;
  /** There was no room to remember all of them: what comes behind those that are is not known until none is left. */
  #isOverfull = false;
  /** Nothing of what comes can be told from what was missed. */
  #isLost = false;
  /** So it is until the turn at hand ends. */
  #isLostInTurn = false;
  /** The client sends data, among which Syncs mean nothing. */
  isCopyingIn = false;
  /** The turn at hand has had an Execute. */
  #hasExecuted = false;
  /** For so many turns more the client is one that begins a turn before the last was answered; that executes more than once in one. */
  #turnsAhead = 0;
  #turnsPacked = 0;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  get first(): ExpectedAnswer | undefined {
    return this.#answers[this.#first];
  }

  get isSyncNext(): boolean {
    return this.#answers[this.#first + 1]?.kind === 'sync';
  }

  /** An answer to nothing that is known is no answer to what was not remembered, or missed. */
  get isKnown(): boolean {
    return !this.#isOverfull && !this.#isLost;
  }

  /** A turn begins. */
  begin(): void {
    this.#hasExecuted = false;
    if (this.#turns > 0) this.#turnsAhead = TURNS;
    else if (this.#turnsAhead > 0) this.#turnsAhead--;
    if (this.#turnsPacked > 0) this.#turnsPacked--;
  }

  add(kind: AnswerKind, call: number, messages = 0): void {
    const endsTurn = kind === 'query' || kind === 'sync';
    if (this.#isLost || (this.#isLostInTurn && !endsTurn)) return;
    this.#isLostInTurn = false;
    if (endsTurn) this.#turns++;
    if (kind === 'execute' && this.#hasExecuted) this.#turnsPacked = TURNS;
    this.#hasExecuted ||= kind === 'execute';
    const hasRoom = !this.#isOverfull && this.#answers.length - this.#first < ANSWERS_MAX;
    if (hasRoom && this.#memory?.take(ANSWER_BYTES) !== false) {
      this.#answers.push({ kind, call, messages, isComplete: false });
    } else this.#isOverfull = true;
  }

  /** The first is over. */
  shift(): void {
    this.#memory?.give(ANSWER_BYTES);
    this.#first++;
    if (this.#first * 2 < this.#answers.length) return;
    this.#answers = this.#answers.slice(this.#first);
    this.#first = 0;
  }

  /** ReadyForQuery has come. Whether all that was not remembered is over with it. */
  ready(): boolean {
    if (this.#turns > 0) this.#turns--;
    if (!this.#isOverfull || this.#turns > 0) return false;
    this.#isOverfull = false;
    return true;
  }

  /** Syncs behind the first are not answered. */
  dropSyncs(): void {
    const from = this.#first + 1;
    let to = from;
    while (this.#answers[to]?.kind === 'sync') to++;
    this.#answers.splice(from, to - from);
    this.#turns -= to - from;
    this.#memory?.give(ANSWER_BYTES * (to - from));
  }

  /**
   * Messages were missed. A client that waits for each answer has had all of them when it asks again; of one that does not it cannot be
   * told which answers are yet to come.
   */
  miss(): void {
    this.#forget();
    this.#isLost ||= this.#turnsAhead > 0;
    this.#isLostInTurn = this.#turnsPacked > 0;
  }

  /** Nothing is kept any more. */
  release(): void {
    this.#forget();
    this.#isLost = true;
  }

  #forget(): void {
    this.#memory?.give(ANSWER_BYTES * (this.#answers.length - this.#first));
    this.#answers = [];
    this.#first = this.#turns = 0;
    this.#isOverfull = this.isCopyingIn = false;
  }
}
