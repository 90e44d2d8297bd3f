import type * as z from 'zod';
import { quote } from './quote.js';

/* How users are told what a schema refuses, in the configuration and in requests alike. */

/** What is said of a value of the wrong kind, by the kind that zod expected: YAML has maps, JSON has objects. */
export type KindRefusals = Readonly<Record<string, string>>;

/**
 * Why a value is refused, in words that follow it.
 *
 * @param hint what to say of a text that is none of the accepted ones, in words that follow these; may be empty
 */
export function refusalOf(
  issue: z.core.$ZodIssue,
  kinds: KindRefusals,
  hint: (text: string, accepted: readonly string[]) => string = () => '',
): string {
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? `is not a ${issue.expected}`;
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'too_small' && issue.origin === 'array') return 'is too short; give at least one item';
  if (issue.code === 'too_big' && issue.origin === 'array') return `is longer than ${issue.maximum}`;
  if (issue.code !== 'invalid_value') return issue.message;
  const values = issue.values.map(String);
  const { input } = issue;
  return `is not one of ${values.join(', ')}${typeof input === 'string' ? hint(input, values) : ''}`;
}

/** `receivers.uds.sockets[0].container.attributes["k8s.pod.name"]` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.map(formatSegment).join('').replace(/^\./, '');
}

function formatSegment(segment: PropertyKey): string {
  if (typeof segment === 'number') return `[${segment}]`;
  const key = String(segment);
  return /^[\p{L}\p{N}_/-]{1,60}$/u.test(key) ? `.${key}` : `[${quote(key)}]`;
}
