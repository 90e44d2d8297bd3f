import { splitUnquoted } from '../../http/split-unquoted.js';
import { ESCAPINGS, type Escaping } from './escaping.js';

export interface PageType {
  readonly syntax: 'text' | 'openmetrics';
  /** Of the syntax. */
  readonly version: '0.0.1' | '0.0.4' | '1.0.0';
  readonly escaping: Escaping;
}

/** What every scraper understands. */
export const PLAIN_PAGE: PageType = { syntax: 'text', version: '0.0.4', escaping: 'underscores' };

/** Ranges of an Accept header that are looked at. Prometheus sends five. */
const MAX_RANGES = 64;

/** Parameters of a range. Prometheus sends four; a range with more is none. */
const MAX_PARAMETERS = 16;

/** All there is, beginning with what a scraper has that does not care. */
const OFFERS: readonly PageType[] = [
  PLAIN_PAGE,
  // Before the newer version, because "application/openmetrics-text" alone is this one for Prometheus's own library.
  { syntax: 'openmetrics', version: '0.0.1', escaping: 'underscores' },
  ...inAllEscapings('openmetrics'),
  ...inAllEscapings('text'),
];

const MEDIA_TYPES: Readonly<Record<PageType['syntax'], string>> = {
  text: 'text/plain',
  openmetrics: 'application/openmetrics-text',
};

const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** What a scraper says of some media types. */
interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly escaping: Escaping | undefined;
  readonly weight: number;
  /** 2: a type, 1: all of a kind, 0: all. */
  readonly precision: number;
  /** The more specific of two ranges has more of it. */
  readonly specificity: number;
}

/**
 * What a scraper wants to have most of what there is, by its Accept header (RFC 9110, section 12.5.1, and
 * https://prometheus.io/docs/instrumenting/content_negotiation/). The most specific range that fits a page gives it its
 * weight; of equal ones the more precise type wins, then the range that comes first. A scraper that wants none of
 * what there is has the plain text.
 */
export function negotiate(accept: string | undefined): PageType {
  const ranges = splitUnquoted(accept ?? '', ',', MAX_RANGES)
    .map(readRange)
    .filter((range) => range !== undefined);
  let best: { page: PageType; range: Range } | undefined;
  for (const page of OFFERS) {
    const range = rangeOf(page, ranges);
    if (range === undefined || range.weight === 0) continue;
    if (best === undefined || isBetter(range, best.range, ranges)) best = { page, range };
  }
  return best?.page ?? PLAIN_PAGE;
}

export function contentType({ syntax, version, escaping }: PageType): string {
  const names = version === '1.0.0' ? `; escaping=${escaping}` : '';
  return `${MEDIA_TYPES[syntax]}; version=${version}; charset=utf-8${names}`;
}

function inAllEscapings(syntax: PageType['syntax']): PageType[] {
  const others = ESCAPINGS.filter((each) => each !== PLAIN_PAGE.escaping);
  return [PLAIN_PAGE.escaping, ...others].map((escaping) => ({ syntax, version: '1.0.0', escaping }));
}

/** The most specific range that fits a page, the first of equal ones. */
function rangeOf(page: PageType, ranges: readonly Range[]): Range | undefined {
  let found: Range | undefined;
  for (const range of ranges) {
    if (!fits(range, page)) continue;
    if (found === undefined || range.specificity > found.specificity) found = range;
  }
  return found;
}

function fits({ type, version, escaping }: Range, page: PageType): boolean {
  const own = MEDIA_TYPES[page.syntax];
  if (type !== '*/*' && type !== own && type !== `${own.split('/', 1)[0]}/*`) return false;
  if (version !== undefined && version !== page.version) return false;
  // The versions before have no way to write other names.
  return escaping === undefined || page.version !== '1.0.0' || escaping === page.escaping;
}

function isBetter(a: Range, b: Range, ranges: readonly Range[]): boolean {
  if (a.weight !== b.weight) return a.weight > b.weight;
  if (a.precision !== b.precision) return a.precision > b.precision;
  return ranges.indexOf(a) < ranges.indexOf(b);
}

/** Undefined for what is malformed. Parameters of no meaning here, such as `charset`, are passed over. */
function readRange(text: string): Range | undefined {
  const [first = '', ...parameters] = splitUnquoted(text, ';', MAX_PARAMETERS + 2);
  if (parameters.length > MAX_PARAMETERS) return undefined;
  const values = new Map(parameters.map(readParameter));
  const weight = values.get('q') ?? '1';
  if (!WEIGHT.test(weight)) return undefined;
  const type = first.trim().toLowerCase();
  const precision = type === '*/*' ? 0 : type.endsWith('/*') ? 1 : 2;
  const version = values.get('version');
  const escaping = escapingOf(values.get('escaping'));
  const named = [version, escaping].filter((value) => value !== undefined).length;
  return { type, version, escaping, weight: Number(weight), precision, specificity: 3 * precision + named };
}

function readParameter(text: string): [name: string, value: string] {
  const [name = '', value = ''] = text.split('=', 2).map((part) => part.trim());
  return [name.toLowerCase(), value.replace(/^"(.*)"$/, '$1')];
}

/** A scraper that names an unknown one can have all names escaped, as Prometheus's own library does it. */
function escapingOf(wanted: string | undefined): Escaping | undefined {
  if (wanted === undefined) return undefined;
  return ESCAPINGS.find((each) => each === wanted) ?? PLAIN_PAGE.escaping;
}
