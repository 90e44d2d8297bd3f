import { LEFT_BRACE } from '../framing/bytes.js';
import { standsAt } from '../text.js';
import { CUT, FINE, hasEscapes, JsonReader, MALFORMED, type ReadingStatus } from './json-reader.js';
import { ObjectEnd } from './object-end.js';
import { readText } from './text.js';
import { ABSENT, isSomething, NULL, OBJECT, STRING, Token, type TokenType } from './token.js';

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
  /**
   * Whether what is absent is not there. So it is when all of the message was read, and when nothing but a part of one
   * object or array is missing: that which the head does not end and the tail does not begin.
   */
  isConclusive = false;
  readonly #meta = new Token();
  readonly #ignored = new Token();
  readonly #reader = new JsonReader();
  readonly #objectEnd = new ObjectEnd();
  readonly #root: Level = this.#levels();
  #isCut = false;

  /**
   * Reads the object that begins at or behind bytes[from], as far as it goes. Overwrites bytes[to].
   * FINE when it ends before `to`; `end` is then behind it.
   *
   * `isCut`: the object is known to go on behind `to`. Then a result is not looked into once there is an id:
   * what may stand behind it is as good as what was not captured.
   */
  read(bytes: Uint8Array, from: number, to: number, isCut = false): ReadingStatus {
    clearAll(this.#root);
    this.#ignored.clear();
    this.#isCut = isCut;
    this.#reader.open(bytes, from, to);
    if (this.#reader.expect(LEFT_BRACE)) this.#members(this.#root);
    this.isConclusive = this.#reader.status === FINE;
    return this.#reader.status;
  }

  /**
   * Reads the members that stand whole at the end of an object that was CUT: bytes[from, to) are its last, with blanks
   * behind it. Overwrites bytes[to], or the blank that stands there.
   */
  readEnd(bytes: Uint8Array, from: number, to: number): ReadingStatus {
    const end = this.#objectEnd;
    if (!end.find(bytes, from, to)) return CUT;
    this.isConclusive = end.reaching !== ABSENT && end.reaching === this.#unfinishedType();
    if (end.from === end.to) return CUT;
    this.#isCut = false;
    this.#reader.open(bytes, end.from, end.to);
    return this.#members(this.#root) ? CUT : MALFORMED;
  }

  /** Lets go of the bytes that were read. */
  forget(): void {
    this.#reader.forget();
    this.#ignored.forget();
    forgetAll(this.#root);
  }

  get end(): number {
    return this.#reader.at;
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

  /** What kind of value of the message is not whole; ABSENT when reading stopped between two. */
  #unfinishedType(): TokenType {
    for (const { token } of this.#root.members)
      if (token.type !== ABSENT && !token.isWhole) return token.type;
    return this.#ignored.isWhole ? ABSENT : this.#ignored.type;
  }

  /** Reads the members of an object up to and with its end. The reader stands before the first. */
  #members(level: Level): boolean {
    const reader = this.#reader;
    for (let isFirst = true; reader.nextMember(isFirst); isFirst = false) {
      const member = memberOf(level, reader);
      if (!this.#value(member)) return false;
    }
    return reader.status === FINE;
  }

  #value(member: Member | undefined): boolean {
    const reader = this.#reader;
    const token = member === undefined ? this.#ignored : member.token;
    if (member !== undefined && token.type !== ABSENT) clear(member);
    if (!reader.begin(token)) return false;
    if (this.#isCut && token === this.result && token.type !== NULL && this.id.isWhole)
      return reader.stopCut();
    if (member?.level === undefined || token.type !== OBJECT) return reader.pass(token);
    reader.at++;
    if (!this.#members(member.level)) return false;
    token.end(reader.at);
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

function clear(member: Member): void {
  // Only an object was looked into, so only then is anything inside it set.
  if (member.level !== undefined && member.token.type === OBJECT) clearAll(member.level);
  member.token.clear();
}

function clearAll({ members }: Level): void {
  for (let i = 0; i < members.length; i++) clear(members[i]);
}

function forgetAll({ members }: Level): void {
  for (const { token, level } of members) {
    token.forget();
    if (level !== undefined) forgetAll(level);
  }
}

function memberOf(level: Level, reader: JsonReader): Member | undefined {
  const { bytes, keyFrom, keyTo } = reader;
  const { members } = level;
  for (let i = 0; i < members.length; i++) {
    const { key } = members[i];
    if (key.length === keyTo - keyFrom && standsAt(key, bytes, keyFrom)) return members[i];
  }
  if (!hasEscapes(bytes, keyFrom, keyTo)) return undefined;
  const key = readText(bytes, keyFrom, keyTo);
  return members.find((member) => member.key === key);
}
