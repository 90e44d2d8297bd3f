import { OTHER } from '../conventions.js';
import { SPACE } from '../framing/bytes.js';
import { asciiText, decodeUtf8, standsAt } from '../text.js';
import { RouteTable } from './routes/route-table.js';

/** A power of two. */
const SLOTS = 512;
const CACHED_BYTES_MAX = 192;
/** What is longer is not looked at further. */
const PATH_BYTES_MAX = 2048;

const SLASH = 0x2f;
const QUESTION_MARK = 0x3f;
const HASH = 0x23;

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/: methods of RFC 9110, PATCH, and QUERY. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
]);

interface Name {
  readonly bytes: string;
  readonly name: string;
}

const NONE: Name = { bytes: '', name: '' };

/** Names requests by method and template: `GET /containers/{id}/json`. What comes again costs no new text. */
export class RequestNames {
  readonly #routes: RouteTable;
  readonly #names = new Array<Name>(SLOTS).fill(NONE);

  constructor(routes: readonly string[]) {
    this.#routes = new RouteTable(routes);
  }

  /** The name of the request whose line begins at bytes[from]: a method and a target, up to a space, or `to`. */
  of(bytes: Uint8Array, from: number, to: number): string {
    let hash = 0;
    let end = from;
    let spaces = 0;
    for (; end < to; end++) {
      const byte = bytes[end];
      if (byte === QUESTION_MARK || byte === HASH || (byte === SPACE && ++spaces === 2)) break;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    if (end - from > CACHED_BYTES_MAX) return this.#make(bytes, from, end);
    const slot = (hash ^ (hash >>> 9) ^ (hash >>> 18)) & (SLOTS - 1);
    const known = this.#names[slot];
    if (known.bytes.length === end - from && standsAt(known.bytes, bytes, from)) return known.name;
    const name = this.#make(bytes, from, end);
    this.#names[slot] = { bytes: asciiText(bytes, from, end), name };
    return name;
  }

  #make(bytes: Uint8Array, from: number, to: number): string {
    const space = bytes.indexOf(SPACE, from);
    const behind = space < from || space > to ? to : space;
    const method = knownMethod(asciiText(bytes, from, behind));
    const path = pathOf(decodeUtf8(bytes, behind + 1, Math.min(to, behind + 1 + PATH_BYTES_MAX)));
    return path === undefined || method === 'CONNECT' ? method : `${method} ${this.#routes.templateOf(path)}`;
  }
}

/** As the convention has it: one of the methods that are known, or `_OTHER`. */
export function knownMethod(method: string): string {
  return METHODS.has(method) ? method : OTHER;
}

/** The path of a target, without what stands before it in that of a proxy; undefined: there is none, as in `OPTIONS *`. */
function pathOf(target: string): string | undefined {
  if (target.charCodeAt(0) === SLASH) return target;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(target);
  if (authority === null) return undefined;
  return target.slice(authority[0].length) || '/';
}
