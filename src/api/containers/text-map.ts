import { z } from 'zod';
import { isMap } from '../../values/map.js';
import { type Parsed, refuse } from '../../values/parsed.js';

interface TextMapSettings {
  /** The most entries. */
  readonly max: number;
  /** What follows the value when it is refused. */
  readonly parseValue: (value: unknown) => Parsed<string>;
  /** Why a name is refused, undefined when it is not. */
  readonly nameRefusal: (name: string) => string | undefined;
  /** What the description says of the values. */
  readonly valueShape: Readonly<Record<string, unknown>>;
}

/** A map from text to text. Unlike zod's it keeps every name, `__proto__` too, or refuses it. */
export function textMap({ max, parseValue, nameRefusal, valueShape }: TextMapSettings) {
  return z
    .unknown()
    .meta({ type: 'object', maxProperties: max, additionalProperties: { type: 'string', ...valueShape } })
    .transform((input, context): Readonly<Record<string, string>> => {
      const report = (message: string, value: unknown = input, path: string[] = []) => {
        context.issues.push({ code: 'custom', message, input: value, path });
        return z.NEVER;
      };
      if (!isMap(input)) return report('is not an object');
      const entries = Object.entries(input);
      if (entries.length > max) return report(`has ${entries.length} entries; give at most ${max}`);
      const texts: [string, string][] = [];
      for (const [name, value] of entries) {
        const parsed = parseNamed(name, value);
        if (!parsed.ok) return report(parsed.refusal, value, [name]);
        texts.push([name, parsed.value]);
      }
      return Object.fromEntries(texts);
    });

  function parseNamed(name: string, value: unknown): Parsed<string> {
    const refusal = nameRefusal(name);
    return refusal === undefined ? parseValue(value) : refuse(refusal);
  }
}
