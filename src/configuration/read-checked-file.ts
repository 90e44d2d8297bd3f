import type * as z from 'zod';
import type { Path } from '../values/finding.js';
import { ConfigurationError, sortProblems } from './errors.js';
import { findingsOf } from './issues.js';
import { formatOrigin } from './show.js';
import { readFile } from './sources.js';
import { locate, type TreeNode } from './tree.js';
import { toProblem } from './validate.js';

/** What a file says, and where. */
export interface CheckedFile<T> {
  readonly value: T;
  /** `tests.yaml:12` for a path; for one that was not written, that of the nearest map around it. */
  readonly positions: (path: Path) => string;
}

/**
 * Reads a file that goes with configurations, and is none itself: what is written is what is meant.
 *
 * @param keys what it starts with, for messages
 * @throws ConfigurationError with every mistake there is
 */
export function readCheckedFile<T>(file: string, schema: z.ZodType<T>, keys: string): CheckedFile<T> {
  const { root, problems } = readFile(file, keys);
  if (root === undefined || problems.length > 0) throw new ConfigurationError(problems);
  const result = schema.safeParse(everything(root), { reportInput: true });
  if (!result.success) {
    const findings = findingsOf(result.error.issues, { schema, path: [], node: root });
    const mistakes = findings.map((finding) => toProblem(root, finding));
    throw new ConfigurationError(sortProblems(mistakes, [file]));
  }
  return { value: result.data, positions: (path) => formatOrigin(locate(root, path)) };
}

/** The tree as plain data, with what was written as null. */
function everything(node: TreeNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(everything);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, everything(entry.node)]));
}
