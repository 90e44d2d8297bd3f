import { readFileSync, statSync } from 'node:fs';
import { FileTextError, readFileText } from '../values/file-text.js';
import { quote } from '../values/quote.js';
import { pathMistake } from '../values/written-path.js';
import type { Problem } from './errors.js';
import { type ParsedYaml, parseYaml } from './parse-yaml.js';
import { type Entry, merge, type Origin, type TreeNode } from './tree.js';

/** Far more than anyone writes by hand; a larger file is a mistake. */
const MAX_FILE_BYTES = 4 * 2 ** 20;
/** Where a shell gives the output of a command: `--config <(command)`. */
const INHERITED = /^\/(?:dev\/(?:stdin$|fd\/)|proc\/self\/fd\/)/;

/** Everything the user wrote, merged into one tree. */
export interface Sources {
  readonly root: TreeNode;
  readonly problems: readonly Problem[];
  /** Some source could not be read, so the tree is not what the user meant. */
  readonly incomplete: boolean;
}

/** Reads the files and then the `--set` options, each over what came before it. */
export function readSources(files: readonly string[], sets: readonly string[]): Sources {
  const parsed = [...files.map((file) => readFile(file)), ...sets.map(readSet)];
  const roots = parsed.flatMap(({ root }) => root ?? []);
  const origin = roots[0]?.origin ?? { file: 'configuration', line: undefined };
  const none =
    parsed.length === 0 ? [{ ...origin, path: '', message: 'no configuration file is given' }] : [];
  return {
    root: roots.filter(hasContents).reduce(merge, { kind: 'map', origin, entries: new Map() }),
    problems: [...none, ...parsed.flatMap(({ problems }) => problems)],
    incomplete: parsed.length === 0 || parsed.some(({ root }) => root === undefined),
  };
}

/** An empty file changes nothing that other files set. */
function hasContents(root: TreeNode): boolean {
  return root.kind === 'map' && root.entries.size > 0;
}

/** Reads a file that has a map at its top level, or nothing. `keys`: what it starts with, for messages. */
export function readFile(file: string, keys = 'receivers:, exporters: and service:'): ParsedYaml {
  const text = readText(file);
  if (typeof text !== 'string') return unusable({ file, line: undefined }, text.refusal);
  const parsed = parseYaml(text, (line) => ({ file, line }));
  const { root } = parsed;
  if (root === undefined || root.kind === 'map' || (root.kind === 'scalar' && root.value === null))
    return parsed;
  return unusable(root.origin, `has no map at its top level; it starts with ${keys}`);
}

function unusable(origin: Origin, message: string): ParsedYaml {
  return { problems: [{ ...origin, path: '', message }] };
}

function readText(file: string): string | { refusal: string } {
  try {
    const isPipe = statSync(file).isFIFO() && INHERITED.test(file);
    if (!isPipe) return readFileText(file, MAX_FILE_BYTES);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof FileTextError) return { refusal: error.message };
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const mistake = code === 'ENOENT' ? pathMistake(file) : undefined;
    return { refusal: mistake ?? REFUSALS[code] ?? `cannot be read: ${code}` };
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'cannot be read: permission denied',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
};

/** `receivers.uds.threads=2`: a path of keys, and a value in YAML. */
function readSet(option: string): ParsedYaml {
  const separator = option.indexOf('=');
  // The text after the = may be a secret and is not repeated.
  const key = separator < 0 ? option : option.slice(0, separator);
  const keys = key.split('.');
  if (separator < 0 || keys.includes('')) {
    const mistake = separator < 0 ? 'has no value' : 'has an empty key';
    return unusable(
      { file: '--set', line: undefined },
      `${quote(key)} ${mistake}; write --set receivers.uds.threads=2`,
    );
  }
  const origin: Origin = { file: `--set ${key}`, line: undefined };
  const parsed = parseYaml(option.slice(separator + 1), () => origin);
  return parsed.root === undefined ? parsed : { ...parsed, root: nest(keys, parsed.root, origin) };
}

function nest(keys: readonly string[], value: TreeNode, origin: Origin): TreeNode {
  return keys.reduceRight<TreeNode>((node, key) => {
    const entries: [string, Entry][] = [[key, { origin, node }]];
    return { kind: 'map', origin, entries: new Map(entries) };
  }, value);
}
