import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { firstLine, printable } from '../values/printable.js';
import { systemReason } from './failure.js';

/*
 * The configuration file of the wrapper: a map of a few texts, nearly always one on each line. Such lines are read here; anything else
 * is left to the YAML parser, which takes half as long to load as Node itself.
 */

/** A key and its value. The value is text, whatever type YAML would give it. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** `FILE:LINE`, or the flag. */
  readonly place: string;
}

export interface SettingsFile {
  readonly entries: readonly Entry[];
  readonly problems: readonly string[];
  /** Nothing is known of its content. */
  readonly isUnreadable: boolean;
}

const MAX_BYTES = 64 * 2 ** 10;
const MAX_REASON_LENGTH = 200;

const EMPTY = /^[ \t]*(?:#.*)?$/;
/** A line that means the same to YAML and to this reader. */
const PLAIN = /^([a-z_]+):[ \t]+([A-Za-z0-9/][A-Za-z0-9/._+-]*)[ \t]*(?:[ \t]#.*)?$/;
/** Values that are no text in YAML. */
const WORDS = /^(?:true|false|null)$/i;

/** @param isRequired whether it is a problem that the file is not there */
export async function readSettingsFile(path: string, isRequired: boolean): Promise<SettingsFile> {
  const shown = printable(path);
  let text: string;
  try {
    text = readBounded(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && !isRequired) return { entries: [], problems: [], isUnreadable: false };
    const reason = error instanceof RangeError ? error.message : systemReason(error);
    return { entries: [], problems: [`${shown}: cannot be read: ${reason}`], isUnreadable: true };
  }
  return plainLines(text, shown) ?? (await parseYaml(text, shown));
}

/** @throws RangeError when it is too large */
function readBounded(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(MAX_BYTES + 1);
    const length = fstatSync(fd).isFile() ? readSync(fd, bytes, 0, bytes.length, 0) : bytes.length;
    if (length > MAX_BYTES) throw new RangeError(`it is no file of at most ${MAX_BYTES} bytes`);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}

/** undefined when a line needs the parser. */
function plainLines(text: string, shown: string): SettingsFile | undefined {
  const entries: Entry[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (EMPTY.test(line)) continue;
    const [, key, value] = PLAIN.exec(line) ?? [];
    if (key === undefined || value === undefined || WORDS.test(value)) return undefined;
    if (entries.some((entry) => entry.key === key)) return undefined;
    entries.push({ key, value, place: `${shown}:${index + 1}` });
  }
  return { entries, problems: [], isUnreadable: false };
}

async function parseYaml(text: string, shown: string): Promise<SettingsFile> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const placeOf = (offset: number) => `${shown}:${lineCounter.linePos(offset).line}`;
  const [error] = document.errors;
  if (error !== undefined) {
    const problem = `${placeOf(error.pos[0])}: ${firstLine(error.message, MAX_REASON_LENGTH)}`;
    return { entries: [], problems: [problem], isUnreadable: true };
  }
  const { contents } = document;
  if (!isMap(contents)) {
    const problem = `${shown}: is not a map; write lines as runtime: /usr/bin/runc`;
    return { entries: [], problems: contents === null ? [] : [problem], isUnreadable: contents !== null };
  }
  const entries: Entry[] = [];
  const problems: string[] = [];
  for (const { key, value } of contents.items) {
    const place = placeOf(isScalar(key) ? (key.range?.[0] ?? 0) : 0);
    const name = isScalar(key) ? String(key.value) : 'a key';
    if (isScalar(value) && value.value !== null)
      entries.push({ key: name, value: String(value.value), place });
    else problems.push(`${place}: ${printable(name)}: has no value; give one on the same line`);
  }
  return { entries, problems, isUnreadable: false };
}
