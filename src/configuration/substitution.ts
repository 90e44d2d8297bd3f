// biome-ignore-all lint/suspicious/noTemplateCurlyInString: substitutions are what this is about.
import { FileTextError, readFileText } from '../values/file-text.js';
import { pathMistake } from '../values/written-path.js';

/** A scalar after what it stands for is filled in. */
export interface Expansion {
  readonly text: string;
  /** The scalar was a single `${…}`: the result has the type that YAML gives it. */
  readonly whole: boolean;
  /** The file that the whole text is from, or the last of those that parts of it are from. */
  readonly file?: string;
  /** Variables that parts of it are from. */
  readonly variables: readonly string[];
  /** Variables that are not set, and whose default was taken. */
  readonly defaulted?: readonly string[];
  /** Variables that are not set and have no default. */
  readonly unset: readonly string[];
}

/** A substitution that cannot be read: its text, and what is wrong with it. */
export interface Mistake {
  readonly part: string;
  readonly message: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Beyond that it is no secret and no part of a configuration. */
const MAX_FILE_BYTES = 2 ** 20;

const VARIABLE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const FILE = /^file:(.+)$/s;

/** What is refused, and what to write instead, in words that follow it. */
const ADVICE: readonly [pattern: RegExp, message: string][] = [
  [/^file:$/, 'names no file; write ${file:/run/secrets/token}'],
  [/^yaml:/, 'is not a substitution udscope knows; write the YAML itself in its place'],
  [/^https?:/, 'is not a substitution udscope knows; load it into a file and write ${file:PATH}'],
  [
    /^(?!env:)[A-Za-z][A-Za-z0-9+.-]+:(?![-?+=])/,
    'is not a substitution udscope knows; it knows ${env:NAME} and ${file:PATH}',
  ],
  [
    /^(?:env:)?[A-Za-z_][A-Za-z0-9_]*(?:-|:?[?+=])/,
    'is a form of the shell; write ${env:NAME}, or ${env:NAME:-default}',
  ],
];
const NO_NAME = 'names no variable; a name has letters, digits and _, and no digit first';
const NOT_CLOSED = 'has no closing }; close it, or write $${ for a dollar and a brace';

class MistakeError extends Error {
  constructor(readonly mistake: Mistake) {
    super(mistake.message);
  }
}

/**
 * Fills in `${env:NAME}`, `${NAME}`, `${env:NAME:-default}` and `${file:PATH}`, and makes `$$` a `$`. A default may have
 * substitutions in it, and so may a path. What was filled in is not expanded again. A default replaces an unset variable
 * only, not an empty one.
 */
export function expand(text: string, env: Environment): Expansion | Mistake {
  const expander = new Expander(env);
  try {
    return { text: expander.expand(text), whole: isWhole(text), ...expander.found };
  } catch (error) {
    if (error instanceof MistakeError) return error.mistake;
    throw error;
  }
}

function isWhole(text: string): boolean {
  return text.startsWith('${') && endOf(text, 0) === text.length;
}

/** Where a substitution that begins at `start` ends, after its brace; undefined if it does not. */
function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('$$', at)) at++;
    else if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at + 1;
  }
  return undefined;
}

/** Expands one scalar, and remembers what it was made of. */
class Expander {
  readonly #env: Environment;
  readonly #unset: string[] = [];
  readonly #variables: string[] = [];
  readonly #defaulted: string[] = [];
  #file: string | undefined;

  constructor(env: Environment) {
    this.#env = env;
  }

  get found(): Pick<Expansion, 'file' | 'unset' | 'variables' | 'defaulted'> {
    return {
      unset: this.#unset,
      variables: this.#variables,
      ...(this.#defaulted.length > 0 && { defaulted: this.#defaulted }),
      ...(this.#file !== undefined && { file: this.#file }),
    };
  }

  /** @throws MistakeError */
  expand(text: string): string {
    let expanded = '';
    for (let at = 0; at < text.length; ) {
      if (text.startsWith('$$', at)) {
        expanded += '$';
        at += 2;
      } else if (text.startsWith('${', at)) {
        const end = endOf(text, at);
        if (end === undefined) throw new MistakeError({ part: '${', message: NOT_CLOSED });
        expanded += this.#valueOf(text.slice(at, end));
        at = end;
      } else expanded += text[at++];
    }
    return expanded;
  }

  #valueOf(part: string): string {
    const expression = part.slice('${'.length, -1);
    const [, path] = FILE.exec(expression) ?? [];
    if (path !== undefined) return this.#textOf(part, this.expand(path));
    const [, name, fallback] = VARIABLE.exec(expression) ?? [];
    if (name === undefined) {
      const [, message = NO_NAME] = ADVICE.find(([pattern]) => pattern.test(expression)) ?? [];
      throw new MistakeError({ part, message });
    }
    const value = Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
    if (value !== undefined) {
      this.#variables.push(name);
      return value;
    }
    if (fallback === undefined) {
      this.#unset.push(name);
      return '';
    }
    this.#defaulted.push(name);
    return this.expand(fallback);
  }

  /** A file without the line ends behind its text, as in `$(cat FILE)`: editors add one, and no header may have it. */
  #textOf(part: string, path: string): string {
    const mistake = pathMistake(path);
    if (mistake !== undefined) throw new MistakeError({ part, message: `names a path that ${mistake}` });
    try {
      this.#file = path;
      return readFileText(path, MAX_FILE_BYTES).replace(/[\r\n]+$/, '');
    } catch (error) {
      if (!(error instanceof FileTextError)) throw error;
      throw new MistakeError({ part, message: `names a file that ${error.message}` });
    }
  }
}
