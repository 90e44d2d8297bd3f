import type { CommandReader } from './command-reader.js';

/** Which commands have a reply. https://redis.io/docs/latest/commands/client-reply/ */
export class ReplyMode {
  #isOff = false;
  #isSkipping = false;

  /** Whether the next command is answered; undefined if that lies beyond what was captured. */
  answers(command: CommandReader): boolean | undefined {
    const isSkipped = this.#isSkipping;
    this.#isSkipping = false;
    const { method } = command;
    if (method === 'RESET') this.#isOff = false;
    else if (method === 'CLIENT REPLY') return this.#change(command, isSkipped);
    else if (method === 'REPLCONF') {
      const isSilent = command.isArgument(1, 'ACK');
      if (isSilent !== false) return isSilent === undefined ? undefined : false;
    }
    return !this.#isOff && !isSkipped;
  }

  /** There was a reply where none was expected. */
  isRefuted(): void {
    this.#isOff = this.#isSkipping = false;
  }

  #change(command: CommandReader, isSkipped: boolean): boolean | undefined {
    const [isOn, isOff, isSkip] = ['ON', 'OFF', 'SKIP'].map((mode) => command.isArgument(2, mode));
    if (isOn === undefined) return undefined;
    if (isOn) {
      this.#isOff = false;
      return true;
    }
    if (isOff === true) this.#isOff = true;
    if (isSkip === true) this.#isSkipping = !this.#isOff;
    return isOff !== true && isSkip !== true && !this.#isOff && !isSkipped;
  }
}
