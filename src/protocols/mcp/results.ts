import { NestedReader } from '../json/nested-reader.js';
import { BOOLEAN, Token } from '../json/token.js';
import type { Envelope } from '../jsonrpc/envelope.js';
import type { InnerOutcome } from '../protocol.js';

/** What the convention calls the error of a tool. */
const TOOL_ERROR: InnerOutcome = { error: { code: 'tool_error', isForeign: true, message: '' } };
const TRUNCATED: InnerOutcome = { doubt: 'truncated' };

const LETTER_T = 0x74;

/** The members of a result that say how what was asked for has ended. */
export class Results {
  readonly protocolVersion = new Token();
  readonly #isError = new Token();
  readonly #reader = new NestedReader({
    members: [
      { key: 'isError', token: this.#isError },
      { key: 'protocolVersion', token: this.protocolVersion },
    ],
  });
  #isRead = false;

  read({ result, rest }: Envelope): void {
    this.#isRead = this.#reader.read(result, rest);
  }

  /** That of a call of a tool: `isError` says that it has failed, and stands behind what the tool returned. */
  get outcome(): InnerOutcome | undefined {
    if (!this.#isRead) return undefined;
    const { type, bytes, from } = this.#isError;
    if (type === BOOLEAN && bytes[from] === LETTER_T) return TOOL_ERROR;
    return type === BOOLEAN || this.#reader.isConclusive ? undefined : TRUNCATED;
  }

  /** Lets go of the bytes that were read. */
  forget(): void {
    this.#reader.forget();
  }
}
