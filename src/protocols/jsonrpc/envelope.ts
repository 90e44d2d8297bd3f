import { LEFT_BRACE } from '../framing/bytes.js';
import { FINE, hasEscapes, JsonReader, type ReadingStatus } from './json-reader.js';
import { readText } from './text.js';
import { OBJECT, Token } from './token.js';

/** The members of an object that matter, and which of them are objects to be looked into. */
interface Level {
  readonly members: readonly Member[];
}

interface Member {
  readonly key: string;
  readonly token: Token;
  readonly level?: Level;
}

/**
 * Where the parts of a JSON-RPC message stand in its bytes. Only members in their places count: no `method`
 * inside parameters or text is taken for one. Of members with the same key the last counts, as for
 * JSON.parse. What is inside parameters, results and unknown members is not checked to be JSON.
 */
export class Envelope {
  readonly method = new Token();
  readonly id = new Token();
  readonly params = new Token();
  readonly result = new Token();
  readonly error = new Token();
  readonly errorCode = new Token();
  readonly errorMessage = new Token();
  readonly traceparent = new Token();
  readonly tracestate = new Token();
  readonly #meta = new Token();
  readonly #ignored = new Token();
  readonly #reader = new JsonReader();
  readonly #root: Level = this.#levels();
  #isCut = false;

  /** The bytes that were read last. */
  get bytes(): Uint8Array {
    return this.#reader.bytes;
  }

  /**
   * Reads the object that begins at or behind bytes[from], as far as it goes. Overwrites bytes[to].
   * FINE when it ends before `to`; `end` is then behind it.
   *
   * `isCut`: the object is known to go on behind `to`. Then a result is not looked into once there is an id:
   * what may stand behind it is as good as what was not captured.
   */
  read(bytes: Uint8Array, from: number, to: number, isCut = false): ReadingStatus {
    clearAll(this.#root);
    this.#isCut = isCut;
    this.#reader.open(bytes, from, to);
    if (this.#reader.peek() === LEFT_BRACE) this.#members(this.#root);
    else this.#reader.expect(LEFT_BRACE);
    return this.#reader.status;
  }

  get end(): number {
    return this.#reader.at;
  }

  /** Reads the members of the object at which the reader stands, up to and with its end. */
  #members(level: Level): boolean {
    const reader = this.#reader;
    reader.at++;
    for (let isFirst = true; reader.nextMember(isFirst); isFirst = false) {
      const member = memberOf(level, reader);
      if (!this.#value(member)) return false;
    }
    return reader.status === FINE;
  }

  #value(member: Member | undefined): boolean {
    const token = member === undefined ? this.#ignored : member.token;
    if (member !== undefined) clear(member);
    if (!this.#reader.begin(token)) return false;
    if (this.#isCut && token === this.result && this.id.isWhole) return this.#reader.stopCut();
    if (member?.level === undefined || token.type !== OBJECT) return this.#reader.pass(token);
    if (!this.#members(member.level)) return false;
    token.end(this.#reader.at);
    return true;
  }

  #levels(): Level {
    const meta = {
      members: [
        { key: 'traceparent', token: this.traceparent },
        { key: 'tracestate', token: this.tracestate },
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

function clear(member: Member): void {
  // Only an object was looked into, so only then is anything inside it set.
  if (member.level !== undefined && member.token.type === OBJECT) clearAll(member.level);
  member.token.clear();
}

function clearAll({ members }: Level): void {
  for (let i = 0; i < members.length; i++) clear(members[i]);
}

function memberOf(level: Level, reader: JsonReader): Member | undefined {
  const { bytes, keyFrom, keyTo } = reader;
  const { members } = level;
  for (let i = 0; i < members.length; i++) {
    const { key } = members[i];
    if (key.length === keyTo - keyFrom && isEqual(key, bytes, keyFrom)) return members[i];
  }
  if (!hasEscapes(bytes, keyFrom, keyTo)) return undefined;
  const key = readText(bytes, keyFrom, keyTo);
  return members.find((member) => member.key === key);
}

function isEqual(key: string, bytes: Uint8Array, from: number): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[from + i] !== key.charCodeAt(i)) return false;
  return true;
}
