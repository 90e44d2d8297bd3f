/*
 * JSON as text: where the values are, so that one can be changed and everything else, to the last space and the last
 * digit of a number no double can hold, stays as it was written. RFC 8259, and nothing beside it.
 */

/** A value in a text: from `start` up to but without `end`, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A member of an object. */
export interface Member {
  readonly key: string;
  /** Where the key is, quotes included. */
  readonly keySpan: Span;
  readonly value: Span;
}

/** The text is no JSON, or more of it than anyone needs. The message follows the name of the text. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
  readonly code = 'UDSCOPE_JSON_TEXT';

  /** @param offset of what is wrong, in UTF-16 units */
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

/** A specification has some ten levels. Parsers that recurse take a few thousand, and not all of them recurse. */
const MAX_DEPTH = 64;

/** Controls below it have to be escaped in a string. */
const FIRST_PRINTABLE = 0x20;

const SPACES = ' \t\n\r';
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;

/** The one value of a text. @throws JsonTextError unless all of the text is one JSON value */
export function documentSpan(text: string): Span {
  const start = skipSpace(text, 0);
  const end = endOfValue(text, start, 0);
  if (skipSpace(text, end) !== text.length) throw unexpected(text, skipSpace(text, end));
  return { start, end };
}

/** The members of the object that starts at `start`, in the order of the text. @throws JsonTextError */
export function membersOf(text: string, { start }: Span): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, start + 1);
  if (text[at] === '}') return members;
  for (;;) {
    const keySpan = { start: at, end: endOfString(text, at) };
    const valueStart = skipSpace(text, expect(text, skipSpace(text, keySpan.end), ':'));
    const value = { start: valueStart, end: endOfValue(text, valueStart, 0) };
    members.push({ key: JSON.parse(text.slice(keySpan.start, keySpan.end)), keySpan, value });
    at = skipSpace(text, value.end);
    if (text[at] === '}') return members;
    at = skipSpace(text, expect(text, at, ','));
  }
}

/** The items of the list that starts at `start`. @throws JsonTextError */
export function itemsOf(text: string, { start }: Span): Span[] {
  const items: Span[] = [];
  let at = skipSpace(text, start + 1);
  if (text[at] === ']') return items;
  for (;;) {
    const item = { start: at, end: endOfValue(text, at, 0) };
    items.push(item);
    at = skipSpace(text, item.end);
    if (text[at] === ']') return items;
    at = skipSpace(text, expect(text, at, ','));
  }
}

/** The value as JavaScript has it. */
export function valueAt(text: string, { start, end }: Span): unknown {
  return JSON.parse(text.slice(start, end));
}

/** `line 3, column 14`, counted from 1. */
export function placeAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `line ${line}, column ${offset - (before.lastIndexOf('\n') + 1) + 1}`;
}

function endOfValue(text: string, start: number, depth: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first === '{' || first === '[') {
    if (depth === MAX_DEPTH) throw new JsonTextError(`is nested more than ${MAX_DEPTH} deep`, start);
    return endOfNested(text, start, depth, first === '{');
  }
  return endOfMatch(text, start, first === 't' || first === 'f' || first === 'n' ? WORD : NUMBER);
}

function endOfNested(text: string, start: number, depth: number, isObject: boolean): number {
  const closing = isObject ? '}' : ']';
  let at = skipSpace(text, start + 1);
  if (text[at] === closing) return at + 1;
  for (;;) {
    if (isObject) {
      const colon = skipSpace(text, endOfString(text, at));
      at = skipSpace(text, expect(text, colon, ':'));
    }
    at = skipSpace(text, endOfValue(text, at, depth + 1));
    if (text[at] === closing) return at + 1;
    at = skipSpace(text, expect(text, at, ','));
  }
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && SPACES.includes(text[at]!)) at++;
  return at;
}

/** By hand: a regular expression keeps a way back for each character, and a string may have millions. */
function endOfString(text: string, start: number): number {
  let at = expect(text, start, '"');
  while (text[at] !== '"') {
    if (text[at] === '\\') at = endOfMatch(text, at, ESCAPE);
    else if (at < text.length && text.charCodeAt(at) >= FIRST_PRINTABLE) at++;
    else throw unexpected(text, at);
  }
  return at + 1;
}

function endOfMatch(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  if (!pattern.test(text)) throw unexpected(text, at);
  return pattern.lastIndex;
}

function expect(text: string, at: number, character: string): number {
  if (text[at] !== character) throw unexpected(text, at);
  return at + 1;
}

function unexpected(text: string, at: number): JsonTextError {
  return new JsonTextError(at >= text.length ? 'ends too early' : 'is not JSON', at);
}
