import { accept, type Parsed, parsedBy, refuse } from './parsed.js';

const PATTERN = /^(\d+)(KiB|MiB|GiB)?$/;
const DECIMAL_UNIT = /^(\d+) ?([kmg])i?b?$/i;

const UNIT_BYTES: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Reads a number of bytes, or `4KiB`, `1MiB`, `1GiB`, as bytes. */
export function parseSize(input: unknown): Parsed<number> {
  if (typeof input === 'number') return wholeBytes(input);
  const text = typeof input === 'string' ? input : '';
  const match = PATTERN.exec(text);
  if (match !== null) return wholeBytes(Number(match[1]) * (UNIT_BYTES[match[2] ?? ''] ?? 1));
  const decimal = DECIMAL_UNIT.exec(text);
  if (decimal !== null) {
    return refuse(
      `is not a size; units are powers of 1024 here: write ${decimal[1]}${decimal[2]?.toUpperCase()}iB`,
    );
  }
  return refuse('is not a size; give bytes, or a whole number with KiB, MiB or GiB, as 4KiB');
}

function wholeBytes(bytes: number): Parsed<number> {
  return Number.isSafeInteger(bytes) && bytes >= 0 ? accept(bytes) : refuse('is not a whole number of bytes');
}

/** Bytes in the largest unit that divides them: 4096 is `4KiB`. */
export function formatSize(bytes: number): string {
  const unit = ['GiB', 'MiB', 'KiB'].find((name) => bytes > 0 && bytes % (UNIT_BYTES[name] ?? 1) === 0);
  return unit === undefined ? String(bytes) : `${bytes / (UNIT_BYTES[unit] ?? 1)}${unit}`;
}

/** A size in bytes, from `min` to `max`. */
export function size(limits: { min: number; max: number }) {
  const { min, max } = limits;
  const parse = (input: unknown): Parsed<number> => {
    const parsed = parseSize(input);
    if (!parsed.ok || (parsed.value >= min && parsed.value <= max)) return parsed;
    return refuse(`is out of range; give from ${formatSize(min)} to ${formatSize(max)}`);
  };
  return parsedBy(parse, {
    anyOf: [
      { type: 'string', pattern: PATTERN.source },
      { type: 'integer', minimum: min, maximum: max },
    ],
  });
}
