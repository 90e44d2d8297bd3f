import type * as z from 'zod';
import type { Finding, Path } from '../values/finding.js';
import { type KindRefusals, refusalOf } from '../values/mistakes.js';
import { NOT_TEXT } from '../values/text.js';
import { type KnownKeys, keysAt } from './schema-walk.js';
import { isOfSecretVariable, isSecret, show } from './show.js';
import { didYouMean } from './suggest.js';
import { find, type TreeNode } from './tree.js';

type Issue = z.core.$ZodIssue;

/** A value that was given to a schema. */
export interface Given {
  readonly schema: z.core.$ZodType;
  /** Where it is in the configuration. */
  readonly path: Path;
  /** What the user wrote there; undefined when only variables and defaults fill it. */
  readonly node: TreeNode | undefined;
}

/** Puts zod's issues in our words. */
export function findingsOf(issues: readonly Issue[], given: Given): Finding[] {
  return issues.flatMap((issue) => findingsOfIssue(issue, given));
}

function findingsOfIssue(issue: Issue, { schema, path: root, node }: Given): Finding[] {
  const inner = issuePath(issue);
  const path = [...root, ...inner];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, inner);
    return issue.keys.map((key) => unknownKey([...path, key], known));
  }
  if (issue.code === 'invalid_key') {
    return [{ path, message: refusalOf(issue, KINDS), ofKey: true }];
  }
  if (issue.input === undefined) {
    const isWritten = node !== undefined && find(node, inner) !== undefined;
    return [{ path, message: isWritten ? 'has no value' : 'is missing' }];
  }
  if (issue.code === 'invalid_type' && MAPS.includes(issue.expected) && Array.isArray(issue.input)) {
    return [{ path, message: 'a list is not a map; write KEY: VALUE lines, without dashes' }];
  }
  const isHidden =
    node !== undefined && (find(node, inner)?.isHidden === true || isOfSecretVariable(node, inner));
  const shown = isHidden || isSecret(path) ? 'the value' : show(issue.input);
  return [{ path, message: `${shown} ${refusalOf(issue, KINDS, didYouMean)}` }];
}

/** The path of an issue. zod's type allows symbols, which YAML does not have. */
export function issuePath(issue: Issue): (string | number)[] {
  return issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
}

/** An unknown key, with what to do instead, or the accepted key it most resembles, or all accepted keys. */
export function unknownKey(path: Path, { accepted, helpful }: KnownKeys): Finding {
  const key = String(path.at(-1));
  const help = Object.hasOwn(helpful, key) ? helpful[key] : undefined;
  if (help !== undefined) return { path, ofKey: true, message: help };
  const advice = didYouMean(key, accepted) || `; accepted here: ${accepted.join(', ')}`;
  return { path, ofKey: true, message: `unknown key${advice}` };
}

/** What zod calls our maps. */
const MAPS: readonly string[] = ['object', 'record'];

const KINDS: KindRefusals = {
  string: NOT_TEXT,
  boolean: 'is not true or false',
  array: 'is not a list',
  object: 'is not a map',
  record: 'is not a map',
};
