import { isDigit } from '../../framing/bytes.js';
import * as type from './messages.js';

/** Columns of a result are 1,664 at most. */
const COLUMNS_HIGH_MAX = 6;
const LETTER_S = 0x53;
const LETTER_P = 0x50;
const IDLE = 0x49;
const IN_TRANSACTION = 0x54;
const FAILED = 0x45;

/** Whether a message of the client may have `byte` behind its header. A packet that opens has no type, and begins with a name. */
export function isLikelyOfClient(of: number, byte: number): boolean {
  switch (of) {
    case type.NO_TYPE:
      return (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
    case type.QUERY:
      return byte >= 0x20 || byte === 0 || (byte >= 0x09 && byte <= 0x0d);
    case type.PARSE:
    case type.BIND:
    case type.EXECUTE:
      return byte >= 0x20 || byte === 0;
    case type.DESCRIBE:
    case type.CLOSE:
      return byte === LETTER_S || byte === LETTER_P;
    default:
      return true;
  }
}

/** The same of a message of the server. */
export function isLikelyOfServer(of: number, byte: number): boolean {
  switch (of) {
    case type.AUTHENTICATION:
    case type.NEGOTIATE_VERSION:
      return byte === 0;
    case type.ERROR:
    case type.NOTICE:
      return byte === LETTER_S;
    case type.READY:
      return byte === IDLE || byte === IN_TRANSACTION || byte === FAILED;
    case type.COMMAND_COMPLETE:
      return byte >= 0x41 && byte <= 0x5a;
    case type.PARAMETER_STATUS:
      return byte >= 0x41 && !isDigit(byte);
    case type.ROW_DESCRIPTION:
    case type.DATA_ROW:
      return byte <= COLUMNS_HIGH_MAX;
    case type.COPY_IN:
      return byte <= 1;
    default:
      return true;
  }
}
