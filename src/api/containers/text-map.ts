import * as z from 'zod';
import { isMap } from '../../values/map.js';
import type { JsonShape } from '../../values/parsed.js';

type Issue = z.core.$ZodRawIssue;

interface TextMapSettings {
  /** The most entries. */
  readonly max: number;
  /** Why a name is refused, undefined when it is not. */
  readonly nameRefusal: (name: string) => string | undefined;
  /** What the description says of the names. */
  readonly nameShape?: JsonShape;
  /** The longest value, in characters. Left out: any. */
  readonly maxLength?: number;
}

/** A map from text to text. Unlike zod's it keeps every name, `__proto__` too, or refuses it. */
export function textMap({
  max,
  nameRefusal,
  nameShape,
  maxLength = Number.POSITIVE_INFINITY,
}: TextMapSettings) {
  return z
    .unknown()
    .meta({
      type: 'object',
      maxProperties: max,
      ...(nameShape === undefined ? {} : { propertyNames: nameShape }),
      additionalProperties: {
        type: 'string',
        ...(maxLength === Number.POSITIVE_INFINITY ? {} : { maxLength }),
      },
    })
    .transform((input, context): Readonly<Record<string, string>> => {
      const issues = issuesOf(input);
      context.issues.push(...issues);
      return issues.length > 0 ? z.NEVER : (input as Record<string, string>);
    });

  function issuesOf(input: unknown): Issue[] {
    if (!isMap(input)) return [{ code: 'invalid_type', expected: 'record', input }];
    const entries = Object.entries(input);
    if (entries.length > max) {
      return [{ code: 'custom', message: `has ${entries.length} entries; give at most ${max}`, input }];
    }
    return entries.flatMap(([name, value]) => {
      const issue = nameIssue(name) ?? valueIssue(value);
      return issue === undefined ? [] : [{ ...issue, path: [name] }];
    });
  }

  function nameIssue(name: string): Issue | undefined {
    const message = nameRefusal(name);
    if (message === undefined) return undefined;
    return {
      code: 'invalid_key',
      origin: 'record',
      issues: [{ code: 'custom', message, path: [] }],
      input: name,
    };
  }

  function valueIssue(value: unknown): Issue | undefined {
    if (typeof value !== 'string') return { code: 'invalid_type', expected: 'string', input: value };
    if (value.length <= maxLength) return undefined;
    return {
      code: 'custom',
      message: `is ${value.length} characters long; give at most ${maxLength}`,
      input: value,
    };
  }
}
