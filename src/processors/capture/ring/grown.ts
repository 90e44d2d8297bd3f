/** Clients that there is room for at least. */
const CLIENTS = 64;

/** A longer array of the same, zero behind what it has, so that it has an `index`. */
export function grown<T extends Int32Array | Float64Array>(values: T, index: number): T {
  const length = Math.max(CLIENTS, 2 * values.length, index + 1);
  const longer = new (values.constructor as new (length: number) => T)(length);
  longer.set(values);
  return longer;
}
