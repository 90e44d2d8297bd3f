import { accept, type Parsed, parsedBy, refuse } from './parsed.js';

const PATTERN = /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** The longest delay that setTimeout() accepts. Beyond it the timer would fire at once. */
const MAX_MS = 2 ** 31 - 1;

const UNIT_MS = [3_600_000, 60_000, 1000, 1];

/** Reads `250ms`, `5s`, `1m30s`, `1h` or `0` as milliseconds. */
export function parseDuration(input: unknown): Parsed<number> {
  if (input === 0) return accept(0);
  const text = typeof input === 'string' || typeof input === 'number' ? String(input) : '';
  const match = PATTERN.exec(text);
  if (match === null) return refuse(`is not a duration; ${advice(text)}`);
  const ms = UNIT_MS.reduce((sum, unit, index) => sum + unit * Number(match[index + 1] ?? 0), 0);
  return ms > MAX_MS ? refuse('is too long; give at most 596h') : accept(ms);
}

function advice(text: string): string {
  return /^\d+$/.test(text)
    ? `it has no unit: write ${text}s or ${text}ms`
    : 'give whole numbers with the units h, m, s and ms, as 250ms, 5s or 1m30s';
}

const SHORT_PATTERN = /^(?=\d)(?:(\d+)ms)?(?:(\d+)us)?$/;

const US_PER_MS = 1000;

/** Reads `20us`, `1ms` or `0` as microseconds, up to `maxUs`. */
function parseShortDuration(input: unknown, maxUs: number): Parsed<number> {
  if (input === 0) return accept(0);
  const match =
    typeof input === 'string' ? (SHORT_PATTERN.exec(input) ?? (input === '0s' ? [] : null)) : null;
  if (match === null) return refuse(`is not such a duration; give 0 to ${maxUs}us, as 20us, or 1ms`);
  const us = US_PER_MS * Number(match[1] ?? 0) + Number(match[2] ?? 0);
  return us > maxUs ? refuse(`is too long; give at most ${maxUs}us`) : accept(us);
}

function parsePositiveDuration(input: unknown): Parsed<number> {
  const parsed = parseDuration(input);
  return parsed.ok && parsed.value === 0 ? refuse('is too short; give more than 0s') : parsed;
}

const SHAPE = { type: 'string', pattern: PATTERN.source };

/** Zero is the only number that needs no unit. */
const SHAPE_OR_ZERO = { ...SHAPE, type: ['string', 'integer'], minimum: 0, maximum: 0 };

/** A duration in milliseconds that may be zero. */
export function duration() {
  return parsedBy(parseDuration, SHAPE_OR_ZERO);
}

/** A duration in microseconds, up to `maxUs`, that may be zero. */
export function shortDuration(maxUs: number) {
  const shape = { ...SHAPE_OR_ZERO, pattern: `${SHORT_PATTERN.source}|^0s$` };
  return parsedBy((input) => parseShortDuration(input, maxUs), shape);
}

/** A duration in milliseconds, longer than zero. */
export function positiveDuration() {
  return parsedBy(parsePositiveDuration, SHAPE);
}
