/*
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 *
 * A connection opens with a packet of the client that has no type. From then on each message has one, and its length:
 *
 *   opening   │ length │ code │ …      message   │ type │ length │ …
 *             0        4      8                  0      1        5
 *
 * Lengths count themselves, and not the type.
 */
export const HEADER_BYTES = 5;
export const LENGTH_BYTES = 4;
export const OPENING_BYTES = 8;

/** Codes of opening packets: https://github.com/postgres/postgres/blob/master/src/include/libpq/pqcomm.h */
export const PROTOCOL_MAJOR = 3;
export const CANCEL_CODE = 80877102;
export const SSL_CODE = 80877103;
export const GSS_CODE = 80877104;

/** MAX_STARTUP_PACKET_LENGTH of the server. */
export const STARTUP_BYTES_MAX = 10_000;
const STARTUP_BYTES_MIN = OPENING_BYTES + 1;
/** A process id and a key of 4 bytes, or of up to 256 since protocol 3.2. */
const CANCEL_BYTES_MIN = 16;
const CANCEL_BYTES_MAX = 12 + 256;

/** What a server says of a request for encryption, in one byte: no, TLS follows, GSSAPI follows. */
export const REFUSED = 0x4e;
export const SSL_FOLLOWS = 0x53;
export const GSS_FOLLOWS = 0x47;

/** Stands for the type of a packet that has none. */
export const NO_TYPE = 0;

/** Types of messages of the client, … */
export const QUERY = 0x51;
export const PARSE = 0x50;
export const BIND = 0x42;
export const DESCRIBE = 0x44;
export const EXECUTE = 0x45;
export const CLOSE = 0x43;
export const SYNC = 0x53;
export const FLUSH = 0x48;
export const FUNCTION_CALL = 0x46;
export const COPY_FAIL = 0x66;
const TERMINATE = 0x58;
const PASSWORD = 0x70;

/** … of both, … */
export const COPY_DATA = 0x64;
export const COPY_DONE = 0x63;

/** … and of the server. */
export const READY = 0x5a;
export const COMMAND_COMPLETE = 0x43;
export const EMPTY_QUERY = 0x49;
export const PORTAL_SUSPENDED = 0x73;
export const ERROR = 0x45;
export const NOTICE = 0x4e;
export const NOTIFICATION = 0x41;
export const PARAMETER_STATUS = 0x53;
export const DATA_ROW = 0x44;
export const ROW_DESCRIPTION = 0x54;
export const NO_DATA = 0x6e;
export const PARSE_COMPLETE = 0x31;
export const BIND_COMPLETE = 0x32;
export const CLOSE_COMPLETE = 0x33;
export const COPY_IN = 0x47;
export const AUTHENTICATION = 0x52;
export const NEGOTIATE_VERSION = 0x76;
const PARAMETER_DESCRIPTION = 0x74;
const COPY_OUT = 0x48;
const COPY_BOTH = 0x57;
const FUNCTION_RESULT = 0x56;
export const KEY_DATA = 0x4b;

/** PQ_LARGE_MESSAGE_LIMIT and PQ_SMALL_MESSAGE_LIMIT of the server, and PG_MAX_AUTH_TOKEN_LENGTH. */
const LARGE = 0x3fffffff;
const SMALL = 10_000;
const TOKEN = 65_535 + LENGTH_BYTES;

/** By type: the longest and the shortest length; 0 for what is no type. */
export interface Lengths {
  readonly longest: Uint32Array;
  readonly shortest: Uint8Array;
}

function lengths(
  exact: Readonly<Record<number, number>>,
  longest: Readonly<Record<number, number>>,
): Lengths {
  const table = { longest: new Uint32Array(256), shortest: new Uint8Array(256) };
  for (const [type, length] of Object.entries({ ...exact, ...longest })) table.longest[Number(type)] = length;
  table.shortest.fill(LENGTH_BYTES + 1);
  for (const [type, length] of Object.entries(exact)) table.shortest[Number(type)] = length;
  // Data may be nothing.
  table.shortest[COPY_DATA] = LENGTH_BYTES;
  return table;
}

export const CLIENT_LENGTHS = lengths(
  { [SYNC]: 4, [FLUSH]: 4, [COPY_DONE]: 4, [TERMINATE]: 4 },
  {
    [QUERY]: LARGE,
    [PARSE]: LARGE,
    [BIND]: LARGE,
    [FUNCTION_CALL]: LARGE,
    [COPY_DATA]: LARGE,
    [DESCRIBE]: SMALL,
    [EXECUTE]: SMALL,
    [CLOSE]: SMALL,
    [COPY_FAIL]: SMALL,
    [PASSWORD]: TOKEN,
  },
);

export const SERVER_LENGTHS = lengths(
  {
    [READY]: 5,
    [PARSE_COMPLETE]: 4,
    [BIND_COMPLETE]: 4,
    [CLOSE_COMPLETE]: 4,
    [NO_DATA]: 4,
    [PORTAL_SUSPENDED]: 4,
    [EMPTY_QUERY]: 4,
    [COPY_DONE]: 4,
  },
  {
    [AUTHENTICATION]: TOKEN,
    [NEGOTIATE_VERSION]: SMALL,
    [KEY_DATA]: CANCEL_BYTES_MAX,
    [PARAMETER_STATUS]: LARGE,
    [COMMAND_COMPLETE]: SMALL,
    [ERROR]: LARGE,
    [NOTICE]: LARGE,
    [NOTIFICATION]: LARGE,
    [DATA_ROW]: LARGE,
    [ROW_DESCRIPTION]: LARGE,
    [PARAMETER_DESCRIPTION]: LARGE,
    [COPY_IN]: LARGE,
    [COPY_OUT]: LARGE,
    [COPY_BOTH]: LARGE,
    [COPY_DATA]: LARGE,
    [FUNCTION_RESULT]: LARGE,
  },
);

/** Whether an opening packet may have such a length and code. */
export function isOpening(length: number, code: number): boolean {
  if (code === SSL_CODE || code === GSS_CODE) return length === OPENING_BYTES;
  if (code === CANCEL_CODE) return length >= CANCEL_BYTES_MIN && length <= CANCEL_BYTES_MAX;
  return code >>> 16 === PROTOCOL_MAJOR && length >= STARTUP_BYTES_MIN && length <= STARTUP_BYTES_MAX;
}
