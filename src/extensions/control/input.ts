import { z } from 'zod';
import { RequestError } from '../../http/request-error.js';
import { laterKeys } from '../../values/later.js';
import type { Parsed } from '../../values/parsed.js';
import { quote } from '../../values/quote.js';

/**
 * What a schema makes of a request's body.
 *
 * @throws RequestError that names the first mistake, where it is, and what is accepted there.
 */
export function parseInput<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body, { reportInput: true, error: unknownKeys });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new RequestError(400, issue === undefined ? 'the body is not accepted' : sentence(issue));
}

/** The value, or a refusal of what the path or a query names. @throws RequestError */
export function accepted<T>(name: string, value: string, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new RequestError(400, `${name}: ${quote(value)} ${parsed.refusal}`);
}

/** While the issue still knows the schema that it comes from. */
function unknownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys' || !(issue.inst instanceof z.ZodObject)) return undefined;
  const later = laterKeys.get(issue.inst)?.keys ?? [];
  if (later.includes(issue.keys[0] ?? '')) return 'is not available in this version';
  return `is not known; accepted here: ${Object.keys(issue.inst.shape).join(', ')}`;
}

function sentence(issue: z.core.$ZodIssue): string {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return `${formatPath([...path, ...issue.keys.slice(0, 1)])} ${issue.message}`;
  }
  if (path.length === 0) return `the body ${refusal(issue)}`;
  if (issue.input === undefined) return `${formatPath(path)} is missing`;
  return `${formatPath(path)}: ${show(issue.input)} ${refusal(issue)}`;
}

function refusal(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return EXPECTED[issue.expected] ?? `is not a ${issue.expected}`;
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'invalid_value') return `is not one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_big' && issue.origin === 'array') return `is longer than ${issue.maximum}`;
  return issue.message;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'is not a string',
  array: 'is not a list',
  object: 'is not an object',
  record: 'is not an object',
};

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? quote(value) : String(value);
}

/** `sockets[0].path`, `attributes["k8s.pod.name"]` */
function formatPath(path: readonly PropertyKey[]): string {
  return path.map(formatSegment).join('').replace(/^\./, '');
}

function formatSegment(segment: PropertyKey): string {
  if (typeof segment === 'number') return `[${segment}]`;
  const key = String(segment);
  return /^[\p{L}\p{N}_-]{1,60}$/u.test(key) ? `.${key}` : `[${quote(key)}]`;
}
