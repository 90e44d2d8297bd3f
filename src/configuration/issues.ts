import type { z } from 'zod';
import type { Finding, Path } from '../values/finding.js';
import { type KindRefusals, NOT_YET, refusalOf } from '../values/mistakes.js';
import { NOT_TEXT } from '../values/text.js';
import { keysAt } from './schema-walk.js';
import { isSecret, show } from './show.js';
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
    const { accepted, later } = keysAt(schema, inner);
    return issue.keys.map((key) => unknownKey([...path, key], accepted, later));
  }
  if (issue.code === 'invalid_key') {
    return [{ path, message: refusalOf(issue, KINDS), ofKey: true }];
  }
  if (issue.input === undefined) {
    const isWritten = node !== undefined && find(node, inner) !== undefined;
    return [{ path, message: isWritten ? 'has no value' : 'is missing' }];
  }
  const shown = isSecret(path) ? 'the value' : show(issue.input);
  return [{ path, message: `${shown} ${refusalOf(issue, KINDS, didYouMean)}` }];
}

/** The path of an issue. zod's type allows symbols, which YAML does not have. */
export function issuePath(issue: Issue): (string | number)[] {
  return issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
}

/** An unknown key, with the accepted key it most resembles, or all accepted keys. */
export function unknownKey(path: Path, accepted: readonly string[], later: readonly string[]): Finding {
  const key = String(path.at(-1));
  const advice = didYouMean(key, accepted) || `; accepted here: ${accepted.join(', ')}`;
  return {
    path,
    ofKey: true,
    message: later.includes(key) ? NOT_YET : `unknown key${advice}`,
  };
}

const KINDS: KindRefusals = {
  string: NOT_TEXT,
  boolean: 'is not true or false',
  array: 'is not a list',
  object: 'is not a map',
  record: 'is not a map',
};
