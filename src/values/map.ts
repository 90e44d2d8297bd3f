/** A map as YAML or a program gives it, whatever its values are. */
export type UnknownMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is UnknownMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a map has; nothing when it is no map, of which the schema will speak. */
export function fields(value: unknown): UnknownMap {
  return isMap(value) ? value : {};
}
