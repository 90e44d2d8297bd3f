import type { ReadingStatus } from '../json/json-reader.js';
import type { Rest } from '../json/nested-reader.js';
import { type Level, ObjectReader } from '../json/object-reader.js';
import { readText } from '../json/text.js';
import { isSomething, NULL, STRING, Token } from '../json/token.js';

/** Where the parts of a JSON-RPC message stand in its bytes. */
export class Envelope {
  readonly version = new Token();
  readonly method = new Token();
  readonly id = new Token();
  readonly params = new Token();
  readonly result = new Token();
  readonly error = new Token();
  readonly errorCode = new Token();
  readonly errorMessage = new Token();
  readonly traceparent = new Token();
  readonly tracestate = new Token();
  /** That of MCP, where each request says it. */
  readonly mcpVersion = new Token();
  /** Of a message that was cut: its end. */
  rest: Rest | undefined;
  readonly #meta = new Token();
  // Of a result nothing more is read once there is an id: what may stand behind it is as good as what was not captured.
  readonly #object = new ObjectReader(
    this.#levels(),
    (token) => token === this.result && token.type !== NULL && this.id.isWhole,
  );

  /** As of ObjectReader. */
  read(bytes: Uint8Array, from: number, to: number, isCut = false): ReadingStatus {
    return this.#object.read(bytes, from, to, isCut);
  }

  /** As of ObjectReader. */
  readEnd(bytes: Uint8Array, from: number, to: number): ReadingStatus {
    return this.#object.readEnd(bytes, from, to);
  }

  /** Lets go of the bytes that were read. */
  forget(): void {
    this.#object.forget();
    this.rest = undefined;
  }

  get end(): number {
    return this.#object.end;
  }

  /** Whether what is absent is not there. */
  get isConclusive(): boolean {
    return this.#object.isConclusive;
  }

  /**
   * Whether nothing behind what was read can tell more of what counts: what is asked, or whose call has failed. A result
   * that has begun is not enough: Erigon writes an error behind one that it cannot finish.
   */
  get isEnough(): boolean {
    const { id } = this;
    return id.isWhole && id.type !== NULL && (this.method.isWhole || isSomething(this.error));
  }

  /** Whether the message says that it is version 2.0 of JSON-RPC. */
  get isVersion2(): boolean {
    const { type, isWhole, bytes, from, to } = this.version;
    return type === STRING && isWhole && readText(bytes, from, to) === '2.0';
  }

  /** Whether there is a result that is not null, or an error. What has begun is there. */
  get hasOutcome(): boolean {
    return isSomething(this.result) || isSomething(this.error);
  }

  #levels(): Level {
    const meta = {
      members: [
        { key: 'traceparent', token: this.traceparent },
        { key: 'tracestate', token: this.tracestate },
        { key: 'io.modelcontextprotocol/protocolVersion', token: this.mcpVersion },
      ],
    };
    const error = {
      members: [
        { key: 'code', token: this.errorCode },
        { key: 'message', token: this.errorMessage },
      ],
    };
    return {
      members: [
        { key: 'jsonrpc', token: this.version },
        { key: 'id', token: this.id },
        { key: 'method', token: this.method },
        {
          key: 'params',
          token: this.params,
          level: { members: [{ key: '_meta', token: this.#meta, level: meta }] },
        },
        { key: 'result', token: this.result },
        { key: 'error', token: this.error, level: error },
      ],
    };
  }
}
