import type { FramedMessage } from '../framed-decoder.js';
import { skipBlank } from '../framing/bytes.js';
import { CUT, FINE, MALFORMED } from '../json/json-reader.js';
import { ObjectReader } from '../json/object-reader.js';
import { BOOLEAN, Token } from '../json/token.js';
import type { UndecodableReason } from '../protocol.js';

const TRUE_FIRST = 0x74;

/** Where the parts of a message stand in its bytes. */
export class VarlinkEnvelope {
  readonly method = new Token();
  readonly parameters = new Token();
  readonly oneway = new Token();
  readonly more = new Token();
  readonly upgrade = new Token();
  readonly error = new Token();
  readonly continues = new Token();
  readonly #object = new ObjectReader({
    members: [
      { key: 'method', token: this.method },
      { key: 'parameters', token: this.parameters },
      { key: 'oneway', token: this.oneway },
      { key: 'more', token: this.more },
      { key: 'upgrade', token: this.upgrade },
      { key: 'error', token: this.error },
      { key: 'continues', token: this.continues },
    ],
  });

  /** Whether what is absent is not there. */
  get isConclusive(): boolean {
    return this.#object.isConclusive;
  }

  /** Reads a message, with the NUL behind it. Why it is none, if it is none. Overwrites bytes[to]. */
  read(message: FramedMessage): UndecodableReason | undefined {
    const { bytes, from, to, isWhole } = message;
    // The NUL stands behind it as a blank would.
    let status = this.#object.read(bytes, from, to, !isWhole);
    if (status === FINE && skipBlank(bytes, this.#object.end, to) < to) return 'malformed';
    if (status === CUT && isWhole) return 'malformed';
    if (status === CUT) status = this.#object.readEnd(message.tail, 0, message.tailBytes);
    return status === MALFORMED ? 'malformed' : undefined;
  }

  /** Whether a member is true; undefined if it may be, beyond what was captured. */
  isTrue({ type, bytes, from }: Token): boolean | undefined {
    if (type === BOOLEAN) return bytes[from] === TRUE_FIRST;
    return this.isConclusive ? false : undefined;
  }

  /** Lets go of the bytes. */
  forget(): void {
    this.#object.forget();
  }
}
