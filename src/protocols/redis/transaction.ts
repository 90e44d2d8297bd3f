import type { DecoderMemory } from '../protocol.js';

/** Commands of one transaction of which the outcome is told; of those behind them it is not. */
const QUEUED_MAX = 16 * 1024;
const QUEUED_BYTES = 8;

/** What was put off since MULTI: EXEC is answered with the replies to all of it. */
export class Transaction {
  isOpen = false;
  /** What is among it works on what follows, or has a payload that is not shown. */
  hasSelect = false;
  hasSubscribe = false;
  isSecret = false;
  #numbers: number[] = [];
  readonly #memory: DecoderMemory | undefined;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#numbers.length;
  }

  open(): void {
    this.isOpen = true;
  }

  /** A command is put off. Whether there is room to remember it. */
  add(number: number): boolean {
    if (this.#numbers.length === QUEUED_MAX || this.#memory?.take(QUEUED_BYTES) === false) return false;
    this.#numbers.push(number);
    return true;
  }

  /** It is over. The numbers of the commands in it. */
  close(): readonly number[] {
    const numbers = this.#numbers;
    this.#memory?.give(QUEUED_BYTES * numbers.length);
    this.#numbers = [];
    this.isOpen = this.hasSelect = this.hasSubscribe = this.isSecret = false;
    return numbers;
  }
}
