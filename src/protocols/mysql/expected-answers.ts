import type { DecoderMemory } from '../protocol.js';
import type { CommandReader } from './command-reader.js';

/** A command whose answer is yet to come. */
export interface ExpectedAnswer {
  readonly command: number;
  /** What a statement that is prepared is summed up as; the database that is the session's if the command succeeds. */
  readonly text: string | undefined;
  readonly changesDatabase: boolean;
}

/** A client that sends so many commands ahead reads no answers. */
const COMMANDS_MAX = 1024;

/** What one takes. */
const COMMAND_BYTES = 64;

/** Commands that are to be answered, in their order. */
export class ExpectedAnswers {
  readonly #commands: ExpectedAnswer[] = [];
  readonly #memory: DecoderMemory | undefined;
  #isKnown = true;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  /** The command whose answer comes next; undefined if that is not known. */
  get next(): ExpectedAnswer | undefined {
    return this.#isKnown ? this.#commands[0] : undefined;
  }

  asked({ number, text, changesDatabase }: CommandReader): void {
    const hasRoom = this.#commands.length < COMMANDS_MAX && this.#memory?.take(COMMAND_BYTES) !== false;
    if (hasRoom) this.#commands.push({ command: number, text, changesDatabase });
    else {
      this.miss();
      this.#isKnown = false;
    }
  }

  /** The next one was answered. */
  answered(): void {
    if (this.#commands.shift() !== undefined) this.#memory?.give(COMMAND_BYTES);
  }

  /** Messages were missed: which answer comes next is not known, until a command is sent. */
  miss(): void {
    this.#memory?.give(COMMAND_BYTES * this.#commands.length);
    this.#commands.length = 0;
    this.#isKnown = true;
  }
}
