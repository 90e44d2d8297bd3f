/** A map from YAML, JSON or a program, with unchecked values. */
export type UnknownMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is UnknownMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of a map; none if `value` is not a map, which is for the schema to report. */
export function fields(value: unknown): UnknownMap {
  return isMap(value) ? value : {};
}
