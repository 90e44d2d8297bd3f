/** The columns in which two rows differ, and the values there of the first: column and value in turns. */
export function changes(values: Float64Array, known: Float64Array): number[] {
  const changed: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== known[i]) changed.push(i, values[i]);
  }
  return changed;
}

/** Puts changes into a row. False: they are of no such row. */
export function applyChanges(row: Float64Array, changed: readonly number[]): boolean {
  if (changed.length % 2 !== 0) return false;
  for (let i = 0; i < changed.length; i += 2) {
    const column = changed[i];
    if (!Number.isInteger(column) || column < 0 || column >= row.length) return false;
    row[column] = changed[i + 1];
  }
  return true;
}
