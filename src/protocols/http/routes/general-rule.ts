/** Segments that are shown of a path of which no template is known. */
const SEGMENTS_MAX = 8;
const WORD_LENGTH_MAX = 32;
/** A hexadecimal number of so many digits may have no digit among them. */
const HEX_LENGTH_MIN = 8;
/** What has more capitals and nothing else is a code, and no abbreviation: `JSON`, but `KQZRTB`. */
const CAPITALS_MAX = 4;

/** Letters, in one or more words: `system-info`, `index.html`, `_ping`. */
const WORDS = /^[_~.]?[A-Za-z]+(?:[-_.][A-Za-z]+)*$/;
const VERSION = /^v\d{1,3}(?:\.\d{1,3}){0,2}(?:(?:alpha|beta|rc)\d{0,2})?$/;
/** A version that stands first: `1.0` of LXD and Incus, `2018-06-01` of Lambda. */
const FIRST_VERSION = /^(?:\d{1,2}\.\d{1,2}|\d{4}-\d\d-\d\d)$/;
const HEX = /^[0-9A-Fa-f]+$/;

/**
 * A service of a package in a file of Protocol Buffers, and a method of it: paths of Connect, Twirp and gRPC-Web end with them.
 * Each part of a package is matched in one way only, or a path of many versions would be tried in 2^n.
 */
const SERVICE = /^(?:(?!v\d)[a-z]+(?:_[a-z]+)*\d?\.|v\d{1,3}(?:(?:alpha|beta)\d{0,2})?\.)+[A-Z][A-Za-z]*$/;
const METHOD = /^[A-Z][A-Za-z]*(?:\d{1,4}[A-Za-z]*)?$/;
const SERVICE_LENGTH_MAX = 128;

/** Behind the name of a collection, in the plural, one of it is named: `/users/alice`, `/namespaces/prod/secrets/db-password`. */
const COLLECTION = /[a-z]{3}(?<![siu])s$/;
/** So it is behind these. */
const NAMING: ReadonlySet<string> = new Set([
  'user',
  'name',
  'login',
  'creds',
  'token',
  'key',
  'session',
  'account',
]);
/** Behind these stand keys with any number of segments: Consul's, and secrets of Vault. */
const STORES: ReadonlySet<string> = new Set(['kv', 'secret', 'cubbyhole']);
/** What may stand in the place of a name, and is none. */
const NO_NAMES: ReadonlySet<string> = new Set(
  (
    'all batch bulk check config count create current delete deleterange diff download events export find health history import ' +
    'info json latest list login logout logs lookup me metrics new next prune put query range refresh register schema search self ' +
    'state stats status stream summary sync tree txn update upload validate version watch'
  ).split(' '),
);

/** A path with a placeholder for each segment that may be a value, and for what is behind the first few. */
export function templateByRule(segments: readonly string[]): string {
  let template = '';
  const service = isProcedure(segments) ? segments.length - 2 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < segments.length; i++) {
    if (i === SEGMENTS_MAX) return `${template}/{path}`;
    const segment = segments[i];
    const before = i === 0 ? '' : segments[i - 1];
    if (STORES.has(before) && segment !== '' && !NO_NAMES.has(segment)) return `${template}/{path}`;
    template += `/${segment === '' || i >= service || isWord(segment, before, i === 0) ? segment : '{id}'}`;
  }
  return template;
}

/** Whether the last two name what somebody has declared: `acme.orders.v1.Orders`, `List`. */
function isProcedure(segments: readonly string[]): boolean {
  const [service = '', method = ''] = segments.slice(-2);
  if (service.length > SERVICE_LENGTH_MAX || method.length > SERVICE_LENGTH_MAX) return false;
  return SERVICE.test(service) && METHOD.test(method);
}

/** Whether a segment behind another is one that a server's author wrote, as far as that can be told. */
function isWord(segment: string, before: string, isFirst: boolean): boolean {
  if (segment.length > WORD_LENGTH_MAX) return false;
  if (VERSION.test(segment) || (isFirst && FIRST_VERSION.test(segment))) return true;
  if (!WORDS.test(segment) || isCode(segment)) return false;
  return NO_NAMES.has(segment) || !(COLLECTION.test(before) || NAMING.has(before));
}

/** Whether letters are a number or a token in some base: `deadbeefdeadbeef`, `QWxhZGRpbjpvcGVu`. */
function isCode(letters: string): boolean {
  if (letters.length >= HEX_LENGTH_MIN && HEX.test(letters)) return true;
  let capitals = 0;
  let humps = 0;
  for (let i = 0; i < letters.length; i++) {
    if (!isCapital(letters.charCodeAt(i))) continue;
    capitals++;
    if (i > 0 && letters.charCodeAt(i - 1) >= SMALL_A) humps++;
  }
  // Words that are written together have few capitals.
  return capitals === letters.length ? capitals > CAPITALS_MAX : humps > 1 && 3 * capitals > letters.length;
}

const SMALL_A = 0x61;

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}
