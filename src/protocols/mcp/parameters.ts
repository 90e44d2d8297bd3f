import { NestedReader } from '../json/nested-reader.js';
import { Token } from '../json/token.js';
import type { Envelope } from '../jsonrpc/envelope.js';

/** The parameters of a request that say what it is about. */
export class Parameters {
  readonly name = new Token();
  readonly uri = new Token();
  readonly protocolVersion = new Token();
  readonly requestId = new Token();
  readonly #reader = new NestedReader({
    members: [
      { key: 'name', token: this.name },
      { key: 'uri', token: this.uri },
      { key: 'protocolVersion', token: this.protocolVersion },
      { key: 'requestId', token: this.requestId },
    ],
  });
  #isRead = false;

  /** Whether what is absent is not there. */
  get isConclusive(): boolean {
    return this.#isRead && this.#reader.isConclusive;
  }

  read({ params, rest }: Envelope): void {
    this.#isRead = this.#reader.read(params, rest);
  }

  /** Lets go of the bytes that were read. */
  forget(): void {
    this.#reader.forget();
  }
}
