import * as z from 'zod';
import { RequestError } from '../../http/request-error.js';
import { formatPath, type KindRefusals, refusalOf } from '../../values/mistakes.js';
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

/** The value of a parameter in the path or the query. @throws RequestError */
export function accepted<T>(name: string, value: string, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new RequestError(400, `${name}: ${quote(value)} ${parsed.refusal}`);
}

/** zod asks for these words while the issue still knows its schema. */
function unknownKeys(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys' || !(issue.inst instanceof z.ZodObject)) return undefined;
  return `is not known; accepted here: ${Object.keys(issue.inst.shape).join(', ')}`;
}

function sentence(issue: z.core.$ZodIssue): string {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return `${formatPath([...path, ...issue.keys.slice(0, 1)])} ${issue.message}`;
  }
  if (path.length === 0) return `the body ${refusalOf(issue, KINDS)}`;
  if (issue.input === undefined) return `${formatPath(path)} is missing`;
  return `${formatPath(path)}: ${show(issue.input)} ${refusalOf(issue, KINDS)}`;
}

const KINDS: KindRefusals = {
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
