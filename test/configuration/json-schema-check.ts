import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../../src/configuration/json-schema.js';

type Schemas = Readonly<Record<string, JsonSchema>>;

/**
 * Mistakes that a JSON Schema finds in a value: as much of draft 2020-12 as our schema uses. A keyword that
 * is not known here throws, so that none goes unchecked.
 */
export function schemaMistakes(schema: JsonSchema, value: unknown, path = '$'): string[] {
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`${path}: no check for the keyword ${keyword}`);
    return check(argument, value, path, schema);
  });
}

type Check = (argument: unknown, value: unknown, path: string, schema: JsonSchema) => string[];

const ignored: Check = () => [];

/** A check of one sentence: what has to hold, for the values that the keyword speaks of. */
function rule<T>(
  speaksOf: (value: unknown) => value is T,
  holds: (argument: never, value: T) => boolean,
): Check {
  return (argument, value, path, schema) =>
    !speaksOf(value) || holds(argument as never, value)
      ? []
      : [`${path}: not ${JSON.stringify(argument)} of ${Object.keys(schema).join()}`];
}

const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: ignored,
  title: ignored,
  description: ignored,
  default: ignored,
  format: ignored,
  type: rule(isAnything, (types: string | string[], value) =>
    [types].flat().some((type) => hasType(type, value)),
  ),
  const: rule(isAnything, (expected: unknown, value) => isDeepStrictEqual(expected, value)),
  enum: rule(isAnything, (values: unknown[], value) => values.includes(value)),
  pattern: rule(isString, (pattern: string, value) => new RegExp(pattern, 'u').test(value)),
  minLength: rule(isString, (length: number, value) => value.length >= length),
  maxLength: rule(isString, (length: number, value) => value.length <= length),
  minimum: rule(isNumber, (minimum: number, value) => value >= minimum),
  maximum: rule(isNumber, (maximum: number, value) => value <= maximum),
  minItems: rule(Array.isArray, (count: number, value) => value.length >= count),
  maxItems: rule(Array.isArray, (count: number, value) => value.length <= count),
  uniqueItems: rule(Array.isArray, (_: boolean, value) => new Set(value).size === value.length),
  minProperties: rule(isMap, (count: number, value) => Object.keys(value).length >= count),
  maxProperties: rule(isMap, (count: number, value) => Object.keys(value).length <= count),
  required: rule(isMap, (keys: string[], value) => keys.every((key) => Object.hasOwn(value, key))),
  anyOf: rule(isAnything, (schemas: JsonSchema[], value) =>
    schemas.some((schema) => schemaMistakes(schema, value).length === 0),
  ),
  propertyNames: rule(isMap, (schema: JsonSchema, value) =>
    Object.keys(value).every((key) => schemaMistakes(schema, key).length === 0),
  ),
  items: (schema, value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => schemaMistakes(schema as JsonSchema, item, `${path}[${index}]`))
      : [],
  properties: (schemas, value, path) =>
    entriesOf(value).flatMap(([key, item]) => {
      const schema = (schemas as Schemas)[key];
      return schema === undefined ? [] : schemaMistakes(schema, item, `${path}.${key}`);
    }),
  patternProperties: (schemas, value, path) =>
    entriesOf(value).flatMap(([key, item]) =>
      matching(schemas as Schemas, key).flatMap((schema) => schemaMistakes(schema, item, `${path}.${key}`)),
    ),
  additionalProperties: (schema, value, path, { properties = {}, patternProperties = {} }) =>
    entriesOf(value)
      .filter(([key]) => !Object.hasOwn(properties as Schemas, key))
      .filter(([key]) => matching(patternProperties as Schemas, key).length === 0)
      .flatMap(([key, item]) =>
        schema === false
          ? [`${path}.${key}: not known`]
          : schemaMistakes(schema as JsonSchema, item, `${path}.${key}`),
      ),
};

function matching(schemas: Schemas, key: string): JsonSchema[] {
  return Object.entries(schemas).flatMap(([pattern, schema]) =>
    new RegExp(pattern, 'u').test(key) ? [schema] : [],
  );
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isMap(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function isAnything(_value: unknown): _value is unknown {
  return true;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(value: unknown): [string, unknown][] {
  return isMap(value) ? Object.entries(value) : [];
}
