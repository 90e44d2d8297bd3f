import * as words from './words.js';

export interface SummaryParts {
  /** `SELECT`, `CREATE TABLE`, `BATCH INSERT`; undefined where the summary has several, or may have. */
  readonly operation?: string;
  /** The table, without quotes; undefined where the summary has none, or several. */
  readonly collection?: string;
}

/** Names in quotes may have blanks in them. */
const WORDS = /(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|[^ "`])+/g;

const QUOTED = /(["`])((?:(?!\1).|\1\1)*)\1/gs;

/** What a protocol calls a command that has no SQL. */
const COMMAND = /^[A-Z][A-Z_]*$/;

/** Before the operation of a statement that is executed with many sets of values. */
const BATCH = 'BATCH';

/** What these are applied to are tables, and the summary has all of them. */
const OF_TABLES: ReadonlySet<number> = new Set([
  words.SELECT,
  words.INSERT,
  words.UPDATE,
  words.DELETE,
  words.MERGE,
  words.LOAD,
  words.TABLE,
]);
const LISTED_WITH_TABLES = /^(?:analyze|check|checksum|copy|desc|describe|optimize|repair|truncate|vacuum)$/i;

/**
 * The operation and the collection of a summary, where it has one of them. A word without quotes that may begin a statement is
 * an operation wherever it stands: a table of that name looks the same.
 */
export function partsOf(summary: string): SummaryParts {
  const [first = '', ...rest] = summary.match(WORDS) ?? [];
  return first === BATCH && rest.length > 0
    ? partsBehind(`${BATCH} `, rest)
    : partsBehind('', [first, ...rest]);
}

function partsBehind(prefix: string, [verb, ...rest]: readonly string[]): SummaryParts {
  const meaning = words.meaningOfText(verb);
  if (!isOperation(meaning)) return rest.length === 0 && COMMAND.test(verb) ? { operation: verb } : {};
  const object = meaning === words.OF_OBJECT ? words.meaningOfText(rest[0] ?? '') : words.UNKNOWN;
  const hasObject = words.isObject(object);
  const operation = `${prefix}${verb}${hasObject ? ` ${rest[0]}` : ''}`;
  const names = hasObject ? rest.slice(1) : rest;
  const others = names.filter((name) => isOperation(words.meaningOfText(name)));
  const kinds = new Set(others.map((name) => name.toUpperCase()));
  // What it is put before is no operation of its own.
  if (meaning === words.PREFIX) return kinds.size > 1 ? {} : { operation };
  kinds.delete(verb.toUpperCase());
  if (kinds.size > 0) return {};
  const hasTables = OF_TABLES.has(meaning) || object === words.TABLE || LISTED_WITH_TABLES.test(verb);
  const isOne = hasTables && others.length === 0 && new Set(names).size === 1;
  return isOne ? { operation, collection: unquoted(names[0]) } : { operation };
}

function isOperation(meaning: number): boolean {
  return words.isVerb(meaning) || meaning === words.SET;
}

function unquoted(name: string): string {
  return name.replace(QUOTED, (_, quote: string, inner: string) => inner.replaceAll(quote + quote, quote));
}
