/**
 * Prometheus's words for the units of UCUM, as `prometheus/otlptranslator` has them, which the Collector and Prometheus
 * itself use: a pushed and a scraped metric must have one name.
 */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['TiBy', 'tibibytes'],
  ['KBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['TBy', 'terabytes'],
  ['m', 'meters'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['g', 'grams'],
  ['Cel', 'celsius'],
  ['Hz', 'hertz'],
  ['1', ''],
  ['%', 'percent'],
]);

/** What comes behind a slash is singular. */
const PER_WORDS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['y', 'year'],
]);

/** A unit in the words of Prometheus: `By/s` is `bytes`, `per_second`. Empty where there is nothing to say. */
export interface UnitWords {
  readonly main: string;
  readonly per: string;
}

/** What stands in braces, as in `{call}`, is no unit to Prometheus. */
export function unitWords(unit: string): UnitWords {
  const [main = '', ...rest] = unit.split('/');
  const per = wordOf(rest.join('/'), PER_WORDS);
  return { main: wordOf(main, WORDS), per: per === '' ? '' : `per_${per}` };
}

function wordOf(part: string, words: ReadonlyMap<string, string>): string {
  const symbol = part.trim();
  if (/[{}]/.test(symbol)) return '';
  const word = words.get(symbol) ?? symbol;
  return word.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^_|_$/g, '');
}
