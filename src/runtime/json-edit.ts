import { itemsOf, membersOf, type Span } from './json-text.js';

/** Text to put in the place of a span; an empty span is a place between two characters. */
export interface Edit extends Span {
  readonly text: string;
}

/** The text with its edits made. They do not overlap; those at one place are made in the order they have here. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let copied = 0;
  for (const { start, end, text: replacement } of sorted) {
    result += text.slice(copied, start) + replacement;
    copied = end;
  }
  return result + text.slice(copied);
}

export function replaceValue(span: Span, value: unknown): Edit {
  return { ...span, text: JSON.stringify(value) };
}

/** Adds a member at the end of an object, written as its other members are. */
export function appendMember(text: string, object: Span, key: string, value: unknown): Edit {
  const last = membersOf(text, object).at(-1);
  if (last === undefined) return insert(object.start + 1, `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const colon = text.slice(last.keySpan.end, last.value.start);
  const written = `${JSON.stringify(key)}${colon}${JSON.stringify(value)}`;
  return insert(last.value.end, `,${spaceBefore(text, last.keySpan.start)}${written}`);
}

/** Adds an item after the one at `index` of a list; in an empty list, the first. */
export function insertItem(text: string, list: Span, index: number, value: unknown): Edit {
  const items = itemsOf(text, list);
  const item = items[index];
  if (item === undefined) return insert(list.start + 1, JSON.stringify(value));
  return insert(item.end, `,${spaceBefore(text, item.start)}${JSON.stringify(value)}`);
}

/** Takes out a member that is not the first of its object; nothing where there is no such member. */
export function removeMember(text: string, object: Span, key: string): Edit[] {
  const members = membersOf(text, object);
  const index = members.findIndex((member) => member.key === key);
  const before = members[index - 1];
  if (before === undefined) return [];
  return [{ start: before.value.end, end: members[index]!.value.end, text: '' }];
}

/** Takes out an item that is not the first of its list. */
export function removeItem(text: string, list: Span, index: number): Edit[] {
  const items = itemsOf(text, list);
  const [before, item] = [items[index - 1], items[index]];
  return before === undefined || item === undefined ? [] : [{ start: before.end, end: item.end, text: '' }];
}

function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

/** A line and its indentation, or a space, or nothing. */
function spaceBefore(text: string, at: number): string {
  let start = at;
  while (start > 0 && ' \t\n\r'.includes(text[start - 1]!)) start--;
  return text.slice(start, at);
}
