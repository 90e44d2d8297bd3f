/**
 * How a scraper wants names that hold other characters than letters, digits, `_` and `:`
 * (https://prometheus.io/docs/instrumenting/escaping_schemes/, and `EscapeName` of `prometheus/common`).
 */
export const ESCAPINGS = ['underscores', 'allow-utf-8', 'dots', 'values'] as const;

export type Escaping = (typeof ESCAPINGS)[number];

/** The name of a metric as Prometheus has always taken it. */
const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** The same for that of a label. */
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const FIRST = /[a-zA-Z_:]/;
const LATER = /[a-zA-Z0-9_:]/;
const SURROGATE = /\p{Surrogate}/u;

export function isLegacyMetric(name: string): boolean {
  return LEGACY_METRIC.test(name);
}

export function isLegacyLabel(name: string): boolean {
  return LEGACY_LABEL.test(name);
}

/** A name of a metric or label as a scraper asks for it. */
export function escapeName(name: string, escaping: Escaping): string {
  switch (escaping) {
    case 'allow-utf-8':
      return name;
    case 'underscores':
      return isLegacyMetric(name) ? name : mapCharacters(name, '_', () => '_');
    case 'dots':
      return mapCharacters(name, '__', (other) => (other === '.' ? '_dot_' : '__'));
    case 'values':
      return isLegacyMetric(name) ? name : `U__${mapCharacters(name, '__', codePoint)}`;
  }
}

function mapCharacters(name: string, underscore: string, map: (other: string) => string): string {
  return Array.from(name, (character, i) => {
    if (character === '_') return underscore;
    return (i === 0 ? FIRST : LATER).test(character) ? character : map(character);
  }).join('');
}

function codePoint(character: string): string {
  // What is no Unicode text is sent as U+FFFD.
  const code = SURROGATE.test(character) ? 0xfffd : (character.codePointAt(0) ?? 0);
  return `_${code.toString(16)}_`;
}
