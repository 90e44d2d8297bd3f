import { z } from 'zod';

/**
 * What a parser makes of a value: the value as the program wants it, or why it is refused, in words that
 * follow the value in a sentence: `is not a duration; give …`.
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

/** What the JSON Schema says of a value, since it cannot look into a parser. */
export type JsonShape = Readonly<Record<string, unknown>>;

/**
 * A zod type that reads a value with `parse`. Our own parsers stand in for zod's checks where one sentence
 * should say all that is accepted, instead of the first limit that was crossed.
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
