import { SPACE } from '../framing/bytes.js';
import { littleWordAt } from '../framing/words.js';
import { decodeUtf8 } from '../text.js';
import {
  COMPRESS,
  FIXED_BYTES,
  HEADER_BYTES,
  LENGTH_ENCODED_AUTH,
  numberBytes,
  SECURE_CONNECTION,
  SSL,
  WITH_DATABASE,
  ZSTD,
} from './framing/packet.js';

/** https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html, in characters of up to four bytes. */
const DATABASE_BYTES_MAX = 4 * 64;
const DELETE = 0x7f;

/** Whom the client speaks to, and what was agreed on. */
export class Session {
  /** The database by default, as far as it is known. */
  database: string | undefined;
  /** As OpenTelemetry has it, if it is another than that of the protocol. */
  system: string | undefined;
  isLoggedIn = false;
  #capabilities = 0;

  /** What follows is encrypted. */
  get isEncrypted(): boolean {
    return (this.#capabilities & SSL) !== 0;
  }

  /** What follows the login is compressed. */
  get isCompressed(): boolean {
    return (this.#capabilities & (COMPRESS | ZSTD)) !== 0;
  }

  /** The first packet of a server, whose version says which it is: https://mariadb.com/docs/server/reference/clientserver-protocol/1-connecting/connection#initial-handshake-packet */
  greet(bytes: Uint8Array, from: number, to: number): void {
    const version = decodeUtf8(bytes, from, endOfText(bytes, from, to));
    this.system = version.includes('MariaDB') ? 'mariadb' : undefined;
  }

  /** The first packet of a client: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html */
  logIn(bytes: Uint8Array, from: number, to: number): void {
    const at = from + HEADER_BYTES;
    if (to < at + FIXED_BYTES) return;
    const capabilities = littleWordAt(bytes, at);
    const isSslRequest = (capabilities & SSL) !== 0 && to === at + FIXED_BYTES;
    this.#capabilities = isSslRequest ? SSL : capabilities & ~SSL;
    if ((capabilities & WITH_DATABASE) === 0) return;
    let end = endOfText(bytes, at + FIXED_BYTES, to) + 1;
    if ((capabilities & LENGTH_ENCODED_AUTH) !== 0) end += lengthEncoded(bytes, end, to);
    else if ((capabilities & SECURE_CONNECTION) !== 0) end += 1 + bytes[end];
    else end = endOfText(bytes, end, to) + 1;
    this.database = databaseAt(bytes, end, to);
  }
}

/** The database in COM_CHANGE_USER, whose payload begins at bytes[from]: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html */
export function databaseOfChange(bytes: Uint8Array, from: number, to: number): string | undefined {
  const auth = endOfText(bytes, from + 1, to) + 1;
  return auth < to ? databaseAt(bytes, auth + 1 + bytes[auth], to) : undefined;
}

/** The name in bytes[from, to), up to a NUL; undefined if there is none, or none that a database may have. */
export function databaseAt(bytes: Uint8Array, from: number, to: number): string | undefined {
  const end = endOfText(bytes, from, to);
  if (from >= end || end > from + DATABASE_BYTES_MAX) return undefined;
  for (let i = from; i < end; i++) if (bytes[i] < SPACE || bytes[i] === DELETE) return undefined;
  return decodeUtf8(bytes, from, end);
}

/** How long something is that has its length in front of it, with that. */
function lengthEncoded(bytes: Uint8Array, at: number, to: number): number {
  const size = numberBytes(bytes[at]);
  if (size > 3 || at + size > to) return to;
  return size === 1 ? 1 + bytes[at] : size + (bytes[at + 1] | (bytes[at + 2] << 8));
}

/** Index of the next NUL, or `to`. */
function endOfText(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== 0) at++;
  return at;
}
