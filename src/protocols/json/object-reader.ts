import { LEFT_BRACE } from '../framing/bytes.js';
import { standsAt } from '../text.js';
import { CUT, FINE, hasEscapes, JsonReader, MALFORMED, type ReadingStatus } from './json-reader.js';
import { ObjectEnd } from './object-end.js';
import { readText } from './text.js';
import { ABSENT, OBJECT, Token, type TokenType } from './token.js';

/** The members of an object that matter, and which of them are objects to be looked into. */
export interface Level {
  readonly members: readonly Member[];
}

export interface Member {
  readonly key: string;
  readonly token: Token;
  readonly level?: Level;
}

/**
 * Finds where the members of an object stand in its bytes. Only members in their places count: nothing inside other members or
 * text is taken for one. Of members with the same key the last counts, as for JSON.parse. What is inside members that
 * are not looked into is not checked to be JSON.
 */
export class ObjectReader {
  /**
   * Whether what is absent is not there. So it is when all of the message was read, and when nothing but a part of one
   * object or array is missing: that which the head does not end and the tail does not begin.
   */
  isConclusive = false;
  readonly #ignored = new Token();
  readonly #reader = new JsonReader();
  readonly #objectEnd = new ObjectEnd();
  readonly #root: Level;
  readonly #endsReading: (token: Token) => boolean;
  #isCut = false;

  /** `endsReading`: of an object that is cut, whether a member that has begun is not worth being passed over. */
  constructor(root: Level, endsReading: (token: Token) => boolean = () => false) {
    this.#root = root;
    this.#endsReading = endsReading;
  }

  /**
   * Reads the object that begins at or behind bytes[from], as far as it goes. Overwrites bytes[to].
   * FINE when it ends before `to`; `end` is then behind it.
   *
   * `isCut`: the object is known to go on behind `to`.
   */
  read(bytes: Uint8Array, from: number, to: number, isCut: boolean): ReadingStatus {
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
    if (this.#isCut && this.#endsReading(token)) return reader.stopCut();
    if (member?.level === undefined || token.type !== OBJECT) return reader.pass(token);
    reader.at++;
    if (!this.#members(member.level)) return false;
    token.end(reader.at);
    return true;
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
