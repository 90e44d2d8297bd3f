import * as z from 'zod';

/**
 * The result of a parser: the converted value, or why it was refused, worded to follow the value in a sentence:
 * `is not a duration; give …`.
 */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: string };

export function accept<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refuse(refusal: string): { readonly ok: false; readonly refusal: string } {
  return { ok: false, refusal };
}

/** JSON Schema of a value, which cannot be derived from a parser. */
export type JsonShape = Readonly<Record<string, unknown>>;

/**
 * A zod type that reads a value with `parse`. Our own parsers replace zod's checks where one message should say
 * everything that is accepted, and not only which limit was exceeded first.
 */
export function parsedBy<T>(parse: (input: unknown) => Parsed<T>, shape: JsonShape) {
  return z
    .unknown()
    .meta(shape)
    .transform((input, context): T => {
      const parsed = parse(input);
      if (parsed.ok) return parsed.value;
      context.issues.push({ code: 'custom', message: parsed.refusal, input });
      return z.NEVER;
    });
}
