import * as z from 'zod';
import type { Path } from '../values/finding.js';
import { helpfulKeys } from '../values/helpful-keys.js';

/** The schema inside its wrappers: defaults, null, optional, transforms. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in);
  if (
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional
  ) {
    return unwrap(schema.def.innerType);
  }
  return schema;
}

/** The schema at a path; undefined where the schema has no such place. */
function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  const [segment, ...rest] = path;
  const inner = unwrap(schema);
  if (segment === undefined) return inner;
  const next = step(inner, segment);
  return next === undefined ? undefined : schemaAt(next, rest);
}

function step(schema: z.core.$ZodType, segment: string | number): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodArray) return schema.def.element;
  if (schema instanceof z.ZodRecord) return schema.def.valueType;
  if (schema instanceof z.ZodObject && Object.hasOwn(schema.shape, segment)) return schema.shape[segment];
  return undefined;
}

/** What is said of the keys of a map. */
export interface KnownKeys {
  readonly accepted: readonly string[];
  /** Those of the Collector that mean nothing here, with what to do instead. */
  readonly helpful: Readonly<Record<string, string>>;
}

/** The keys that the map at a path may have, and others that users try. */
export function keysAt(schema: z.core.$ZodType, path: Path): KnownKeys {
  const map = schemaAt(schema, path);
  if (!(map instanceof z.ZodObject)) return { accepted: [], helpful: {} };
  return {
    accepted: Object.keys(map.shape),
    helpful: helpfulKeys.get(map) ?? {},
  };
}
