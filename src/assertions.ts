/**
 * Assertions on state that is changed all the time: they are in classes (checked-*.ts) that take the place of those whose
 * state it is, if the environment says UDSCOPE_ASSERTIONS=1, as it does in tests and fuzzing. Otherwise no such class is ever
 * made, and nothing asks: they cost nothing.
 */
export const ASSERTIONS = process.env['UDSCOPE_ASSERTIONS'] === '1';

/** A state that cannot be. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

/** @throws BrokenInvariant unless `condition` holds. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new BrokenInvariant(what);
}
