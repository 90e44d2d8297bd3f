import * as z from 'zod';
import { quote } from '../values/quote.js';
import { MonitorError } from './monitor-error.js';

type Issue = z.core.$ZodIssue;

/** A schema for an object with these keys and no others. */
export function withKeys<T extends z.core.$ZodLooseShape>(shape: T) {
  const accepted = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `has an unknown key; accepted here: ${accepted}` : undefined,
  });
}

/** Parses an option with `schema`. @throws MonitorError that names the place, the value and what is accepted */
export function checkedBy<T extends z.ZodType>(schema: T, given: unknown, place: string): z.output<T> {
  const parsed = schema.safeParse(given, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuseOption([place, ...issue.path], `${shown(issue.input)} ${refusal(issue)}`);
}

/** @throws MonitorError */
export function refuseOption(path: readonly PropertyKey[], problem: string): never {
  const place = path
    .filter((segment) => segment !== '')
    .map(String)
    .join('.');
  throw new MonitorError(place === '' ? `the options: ${problem}` : `${place}: ${problem}`);
}

/** A value as shown in a message: on one line and cut. Objects are only named. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

function refusal(issue: Issue): string {
  if (issue.code === 'invalid_value') return `is not one of ${issue.values.map(String).join(', ')}`;
  return issue.code === 'invalid_type' ? `is not of type ${issue.expected}` : issue.message;
}
