import type * as z from 'zod';
import type { Finding, Path } from '../values/finding.js';
import { findingsOf, issuePath } from './issues.js';
import { find, isNull, plain, type TreeNode } from './tree.js';

/** A part of the configuration after its schema has checked it. */
export interface ParsedBody {
  /** What the schema was given. Further checks read it even if the schema refuses it. */
  readonly body: unknown;
  /** The output of the schema; undefined when there are findings. */
  readonly config?: unknown;
  readonly findings: readonly Finding[];
}

/**
 * Checks the value at `path` with a schema. `defaults` fills keys that were not written. A missing or empty body
 * counts as an empty map: all defaults.
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

  // A substituted value has the type YAML gives it (`TOKEN=1234` is a number). If the schema refuses that, its
  // text is tried: the Collector also gives strings the text.
  const retyped = node === undefined ? body : withTexts(body, node, first.error.issues);
  const second = schema.safeParse(retyped, { reportInput: true });
  if (second.success) return { body: retyped, config: second.data, findings: [] };
  return { body: retyped, findings: findingsOf(second.error.issues, { schema, path, node }) };
}

/** Replaces each substituted value that was refused by its text. A map with an unknown key stays a map. */
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
