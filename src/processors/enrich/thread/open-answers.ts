import type { Response } from '../../../protocols/protocol.js';

/** An answer that belongs to one of several calls. */
interface OpenAnswer {
  readonly response: Response;
  /** It is that of a call that was made before this one. */
  readonly before: number;
  /** Its id is known, and that of no call: it is that of one whose own id is not known. */
  readonly isOfUnknownId: boolean;
  /** How many calls there are that it may be the answer to. */
  candidates: number;
}

/** Answers that belong to the calls which may be theirs, one to each: to which of them cannot be told. */
export interface AnswerGroup {
  readonly responses: readonly Response[];
  readonly before: number;
  readonly isOfUnknownId: boolean;
}

/**
 * Answers of one direction of which it is not known yet which calls they belong to. Each belongs to one of its
 * candidates, and none to the same as another. So once the candidates of some are no more than these, all of them have
 * been answered; a single one, by this answer.
 */
export class OpenAnswers {
  #answers: OpenAnswer[] = [];

  get size(): number {
    return this.#answers.length;
  }

  /** What is shown of its payload is not kept: nobody counts what answers take that wait, as is done with calls. */
  add(response: Response, before: number, isOfUnknownId: boolean, candidates: number): void {
    const kept = { ...response, payload: undefined };
    this.#answers.push({ response: kept, before, isOfUnknownId, candidates });
  }

  /** A call is waited for no longer. */
  callLeft(number: number, isIdUnknown: boolean): void {
    for (const answer of this.#answers) {
      if (number < answer.before && (isIdUnknown || !answer.isOfUnknownId)) answer.candidates--;
    }
  }

  /** Those that have no more candidates than they are. */
  takeSettled(): AnswerGroup | undefined {
    let ofUnknownId = 0;
    for (const [i, { before, isOfUnknownId, candidates }] of this.#answers.entries()) {
      if (isOfUnknownId) ofUnknownId++;
      // Later ones have the candidates of earlier ones, and more.
      const count = isOfUnknownId ? ofUnknownId : i + 1;
      if (candidates <= count) {
        return this.#take(i + 1, before, isOfUnknownId);
      }
    }
    return undefined;
  }

  takeOldest(): AnswerGroup | undefined {
    const oldest = this.#answers.shift();
    if (oldest === undefined) return undefined;
    return { responses: [oldest.response], before: oldest.before, isOfUnknownId: oldest.isOfUnknownId };
  }

  takeAll(): Response[] {
    return this.#answers.splice(0).map(({ response }) => response);
  }

  /** Of the first `count`, those of unknown ids, or all. */
  #take(count: number, before: number, isOfUnknownId: boolean): AnswerGroup {
    const isTaken = (answer: OpenAnswer, i: number) => i < count && (answer.isOfUnknownId || !isOfUnknownId);
    const responses = this.#answers.filter(isTaken).map(({ response }) => response);
    this.#answers = this.#answers.filter((answer, i) => !isTaken(answer, i));
    return { responses, before, isOfUnknownId };
  }
}
