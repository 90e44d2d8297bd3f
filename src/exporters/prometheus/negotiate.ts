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

const VERSIONS: ReadonlyMap<string, Pick<PageType, 'syntax' | 'version'>> = new Map([
  ['text/plain', { syntax: 'text', version: '0.0.4' }],
  ['text/plain 0.0.4', { syntax: 'text', version: '0.0.4' }],
  ['text/plain 1.0.0', { syntax: 'text', version: '1.0.0' }],
  ['application/openmetrics-text', { syntax: 'openmetrics', version: '0.0.1' }],
  ['application/openmetrics-text 0.0.1', { syntax: 'openmetrics', version: '0.0.1' }],
  ['application/openmetrics-text 1.0.0', { syntax: 'openmetrics', version: '1.0.0' }],
  ['text/*', { syntax: 'text', version: '0.0.4' }],
  ['application/*', { syntax: 'openmetrics', version: '1.0.0' }],
  ['*/*', { syntax: 'text', version: '0.0.4' }],
]);

const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

interface Range {
  readonly page: PageType;
  readonly weight: number;
  /** 2: a type, 1: all of a kind, 0: all. */
  readonly precision: number;
}

/**
 * What a scraper wants to have most of what there is, by its Accept header (RFC 9110, section 12.5.1, and
 * https://prometheus.io/docs/instrumenting/content_negotiation/): the highest weight; of equal ones the most
 * precise, then the first. A scraper that wants none of it has the plain text.
 */
export function negotiate(accept: string | undefined): PageType {
  let best: Range | undefined;
  for (const text of (accept ?? '').split(',', MAX_RANGES)) {
    const range = readRange(text);
    if (range !== undefined && range.weight > 0 && (best === undefined || isBetter(range, best)))
      best = range;
  }
  return best?.page ?? PLAIN_PAGE;
}

export function contentType({ syntax, version, escaping }: PageType): string {
  const type = syntax === 'text' ? 'text/plain' : 'application/openmetrics-text';
  const names = version === '1.0.0' ? `; escaping=${escaping}` : '';
  return `${type}; version=${version}; charset=utf-8${names}`;
}

function isBetter(a: Range, b: Range): boolean {
  return a.weight > b.weight || (a.weight === b.weight && a.precision > b.precision);
}

/** Undefined for what is malformed, or is not there. */
function readRange(text: string): Range | undefined {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const values = new Map(parameters.map(readParameter));
  const weight = values.get('q') ?? '1';
  const version = values.get('version');
  const range = type.toLowerCase();
  const found = VERSIONS.get(version === undefined ? range : `${range} ${version}`);
  if (found === undefined || !WEIGHT.test(weight)) return undefined;
  // The versions before have no way to write other names.
  const escaping = found.version === '1.0.0' ? escapingOf(values.get('escaping')) : 'underscores';
  const precision = range === '*/*' ? 0 : range.endsWith('/*') ? 1 : 2;
  return { page: { ...found, escaping }, weight: Number(weight), precision };
}

function readParameter(text: string): [name: string, value: string] {
  const [name = '', value = ''] = text.split('=', 2).map((part) => part.trim());
  return [name.toLowerCase(), value.replace(/^"(.*)"$/, '$1')];
}

function escapingOf(wanted: string | undefined): Escaping {
  return ESCAPINGS.find((each) => each === wanted) ?? 'underscores';
}
