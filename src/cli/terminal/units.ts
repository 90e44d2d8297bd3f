const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const PREFIXES = ['k', 'M', 'G', 'T', 'P'] as const;

/** Bytes to three digits or so: `96 B`, `1.2 KiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const power = Math.min(UNITS.length, Math.floor(Math.log2(bytes) / 10));
  return `${threeDigits(bytes / 1024 ** power)} ${UNITS[power - 1]}`;
}

/** A count, or a rate per second: `9876`, `12.3k`; three digits where it is not whole. */
export function formatCount(count: number): string {
  if (count < 10_000) return Number.isInteger(count) ? String(count) : threeDigits(count);
  const power = Math.min(PREFIXES.length, Math.floor(Math.log10(count) / 3));
  return `${threeDigits(count / 1000 ** power)}${PREFIXES[power - 1]}`;
}

/** An age in its two largest units: `3d 4h`, `2m 5s`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    `${Math.floor(seconds / 86_400)}d`,
    `${Math.floor(seconds / 3600) % 24}h`,
    `${Math.floor(seconds / 60) % 60}m`,
    `${seconds % 60}s`,
  ];
  const first = parts.findIndex((part) => !part.startsWith('0'));
  return first < 0 ? '0s' : parts.slice(first, first + 2).join(' ');
}

/** A duration in ms to three digits or so: `85 µs`, `1.23 ms`, `12.0 s`. */
export function formatDuration(ms: number): string {
  const microseconds = Math.round(ms * 1000);
  if (microseconds < 1000) return `${microseconds} µs`;
  return ms < 1000 ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1000)} s`;
}

/** The local time of day, to the millisecond. */
export function formatTime(timeMs: number): string {
  const time = new Date(timeMs);
  return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

function threeDigits(value: number): string {
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
