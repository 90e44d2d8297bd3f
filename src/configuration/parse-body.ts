import type { z } from 'zod';
import type { Finding, Path } from '../values/finding.js';
import { findingsOf, issuePath } from './issues.js';
import { find, isNull, plain, type TreeNode } from './tree.js';

/** A part of the configuration after its schema. */
export interface ParsedBody {
  /** What the schema was given, for checks that also work where the schema refuses. */
  readonly body: unknown;
  /** What the schema made of it; undefined when it found mistakes. */
  readonly config?: unknown;
  readonly findings: readonly Finding[];
}

/**
 * Gives what is at `path` to a schema. `defaults` fill keys that were not written. A missing or empty body
 * is an empty map: all defaults.
 */
export function parseBody(
  schema: z.ZodType,
  node: TreeNode | undefined,
  path: Path,
  defaults: (body: unknown) => unknown = (body) => body,
): ParsedBody {
  const written = node === undefined || isNull(node) ? {} : plain(node);
  const body = defaults(written);
  const first = schema.safeParse(body, { reportInput: true });
  if (first.success) return { body, config: first.data, findings: [] };

  // Where a variable was typed as YAML (`TOKEN=1234` is a number) and that is not accepted, its text may be:
  // the Collector gives strings the text, too.
  const retyped = node === undefined ? body : withTexts(body, node, first.error.issues);
  const second = schema.safeParse(retyped, { reportInput: true });
  if (second.success) return { body: retyped, config: second.data, findings: [] };
  return { body: retyped, findings: findingsOf(second.error.issues, { schema, path, node }) };
}

/** The body with the text of each substituted value that is refused; a map with an odd key is still a map. */
function withTexts(body: unknown, node: TreeNode, issues: readonly z.core.$ZodIssue[]): unknown {
  return issues.reduce((changed, issue) => {
    const path = issuePath(issue);
    const text = issue.code === 'unrecognized_keys' ? undefined : find(node, path)?.text;
    return text === undefined ? changed : replaceAt(changed, path, text);
  }, body);
}

function replaceAt(value: unknown, path: Path, replacement: string): unknown {
  const [segment, ...rest] = path;
  if (segment === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) =>
      index === segment ? replaceAt(item, rest, replacement) : item,
    );
  }
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, key === segment ? replaceAt(item, rest, replacement) : item]),
  );
}
