import { accept, parsedBy, refuse } from './parsed.js';

/** A whole number from `min` to `max`. */
export function wholeNumber(limits: { min: number; max: number }) {
  const { min, max } = limits;
  return parsedBy(
    (input) =>
      typeof input === 'number' && Number.isInteger(input) && input >= min && input <= max
        ? accept(input)
        : refuse(`is not a whole number from ${min} to ${max}`),
    { type: 'integer', minimum: min, maximum: max },
  );
}

/** A number of at least `min`, fractions allowed. */
export function numberFrom(min: number) {
  return parsedBy(
    (input) =>
      typeof input === 'number' && Number.isFinite(input) && input >= min
        ? accept(input)
        : refuse(`is not a number of at least ${min}`),
    { type: 'number', minimum: min },
  );
}
