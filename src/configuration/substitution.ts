/** A scalar after the variables in it are filled in. */
export interface Expansion {
  readonly text: string;
  /** The scalar was a single `${…}`: the result has the type that YAML gives it. */
  readonly whole: boolean;
  /** Variables that are not set and have no default. */
  readonly unset: readonly string[];
}

/** A substitution that cannot be read: its text, and what is wrong with it. */
export interface Mistake {
  readonly part: string;
  readonly message: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const DOLLARS = /\$\$|\$\{([^}]*)\}|\$\{/g;
const EXPRESSION = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
const OTHER_SCHEME = /^(?!env:)[A-Za-z][A-Za-z0-9+.-]+:/;

/**
 * Fills in `${env:NAME}`, `${NAME}` and `${env:NAME:-default}`, and makes `$$` a `$`. The result is not expanded
 * again. A default replaces an unset variable only, not an empty one.
 */
export function expand(text: string, env: Environment): Expansion | Mistake {
  const unset: string[] = [];
  let mistake: Mistake | undefined;
  const expanded = text.replace(DOLLARS, (part, expression: string | undefined) => {
    if (part === '$$') return '$';
    mistake ??= findMistake(part, expression);
    const [, name = '', fallback] = EXPRESSION.exec(expression ?? '') ?? [];
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value === undefined && fallback === undefined) unset.push(name);
    return value ?? fallback?.replaceAll('$$', () => '$') ?? '';
  });
  if (mistake !== undefined) return mistake;
  return { text: expanded, whole: /^\$\{[^}]*\}$/.test(text), unset };
}

function findMistake(part: string, expression: string | undefined): Mistake | undefined {
  if (expression === undefined) {
    return { part, message: 'has no closing }; close it, or write $${ for a dollar and a brace' };
  }
  if (expression.includes('${')) return { part, message: 'has another substitution in it; give plain text' };
  if (OTHER_SCHEME.test(expression) && !EXPRESSION.test(expression)) {
    return { part, message: `is not a substitution udscope knows; it knows \${env:NAME}` };
  }
  return EXPRESSION.test(expression)
    ? undefined
    : { part, message: 'names no variable; a name has letters, digits and _, and no digit first' };
}
