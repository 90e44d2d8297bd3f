/** Numbers and times for people. What is not known is a dash. */

const NOTHING = '–';

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** Up to this, a count is shown with all its digits. */
const LONGEST_COUNT = 100_000;

/** Three digits that mean something. */
function threeDigits(value: number): string {
  if (value === 0 || value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return NOTHING;
  let [value, unit] = [bytes, 0];
  // 1023.6 would be shown as 1024.
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${BYTE_UNITS[unit]}`;
}

export function formatCount(count: number | undefined): string {
  if (count === undefined) return NOTHING;
  return count < LONGEST_COUNT ? WHOLE.format(count) : COMPACT.format(count);
}

/** A number of things in a second. */
export function formatRate(rate: number | undefined): string {
  if (rate === undefined) return NOTHING;
  if (rate > 0 && rate < 0.01) return '<0.01';
  return rate < 1000 ? threeDigits(rate) : COMPACT.format(rate);
}

export function formatShare(part: number, whole: number): string {
  if (whole === 0) return NOTHING;
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return '<0.1%';
  return `${percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toFixed(1)}%`;
}

export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return NOTHING;
  if (ms < 0.995) return `${Math.round(ms * 1000)} µs`;
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  return ms < 60_000 ? `${threeDigits(ms / 1000)} s` : formatAge(ms);
}

/** How long something has lasted, in its two largest units. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A moment of today, to the millisecond. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** Control characters, and marks that reorder or hide text: they could falsify the text around them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text without them. */
function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\uFFFD');
}

/** The same of several lines. */
export function shownLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** Longer names are cut; a title has no more of them either. */
const LONGEST_NAME = 200;

/** Text of a container, as it can stand beside other text. */
export function shown(text: string): string {
  const whole = printable(text);
  return whole.length > LONGEST_NAME ? `${whole.slice(0, LONGEST_NAME)}…` : whole;
}
