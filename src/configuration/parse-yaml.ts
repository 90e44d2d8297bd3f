import { type Document, LineCounter, parseAllDocuments, visit } from 'yaml';
import type { Problem } from './errors.js';
import { readDocument } from './read-document.js';
import { type Origin, scalar, type TreeNode } from './tree.js';

/** The yaml package's default limit for the expansion of aliases, against "billion laughs". */
const MAX_ALIAS_COUNT = 100;

export interface ParsedYaml {
  /** Missing when the text is not YAML: what a parser makes of it after an error is guesswork. */
  readonly root?: TreeNode;
  readonly problems: readonly Problem[];
}

/** Reads one YAML document. `originAt` gives the origin of a line, for messages. */
export function parseYaml(text: string, originAt: (line: number) => Origin): ParsedYaml {
  const lineCounter = new LineCounter();
  const documents = [...parseAllDocuments(text, { ...PARSE_OPTIONS, lineCounter })];
  const originOf = (offset: number) => originAt(lineCounter.linePos(offset).line);
  const broken = (offset: number, message: string): ParsedYaml => ({
    problems: [{ ...originOf(offset), path: '', message }],
  });

  const error = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])[0];
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return broken(error.pos[0], syntaxMessage(error, col, text.split('\n')[line - 1] ?? ''));
  }
  const [document, second] = documents.filter(({ contents }) => contents !== null);
  if (document === undefined) return { root: scalar(null, originAt(1)), problems: [] };
  if (second !== undefined) {
    return broken(second.contents?.range[0] ?? 0, 'a second YAML document starts here; give only one');
  }
  const unresolved = unresolvedAlias(document);
  if (unresolved !== undefined)
    return broken(unresolved, 'is an alias (*) of an anchor (&) that is not set before it');
  if (aliasesExplode(document)) return broken(0, 'its aliases expand to too much');
  return readDocument(document, originOf);
}

const PARSE_OPTIONS = {
  prettyErrors: false,
  stringKeys: true,
  // Duplicates are found by our own walk, which can name the key and both lines.
  uniqueKeys: false,
  resolveKnownTags: false,
  logLevel: 'silent',
} as const;

/**
 * The parser's message on one line, without its quotes from the text, which may be secret. In a line with `${`,
 * the cause is mostly a brace that YAML read as part of a flow collection.
 */
function syntaxMessage(error: { code: string; message: string }, column: number, line: string): string {
  const words = WORDS[error.code] ?? error.message.replace(/(?:, but found|:) [\s\S]*$/, '');
  const hint = line.includes('${') ? '; text with a substitution inside [ ] or { } needs quotes' : '';
  return `is not valid YAML at column ${column}: ${words.charAt(0).toLowerCase()}${words.slice(1)}${hint}`;
}

/** Our words for errors in which the parser quotes the text or speaks of itself. */
const WORDS: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: 'invalid escape sequence in double quotes',
  NON_STRING_KEY: 'a key has to be a string',
  RESOURCE_EXHAUSTION: 'it nests too deeply',
};

function unresolvedAlias(document: Document): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function aliasesExplode(document: Document): boolean {
  try {
    document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
    return false;
  } catch {
    // Only the expansion of aliases throws here: all of them resolve, and other errors were found before.
    return true;
  }
}
