import { AF_UNIX } from './constants.js';

/** sizeof(sockaddr_un.sun_path), unix(7). A path needs one of these bytes for its terminating NUL. */
export const SUN_PATH_BYTES = 108;

const FAMILY_BYTES = 2;

/** Why a path or `@name` cannot be a Unix socket address; undefined if it can. */
export function socketPathProblem(path: string): string | undefined {
  if (path === '' || path === '@') return 'is empty';
  if (path.includes('\0')) return 'contains a NUL byte';
  const bytes = Buffer.byteLength(path);
  // '@' stands for the leading NUL of an abstract name, which needs no terminator.
  const limit = path.startsWith('@') ? SUN_PATH_BYTES : SUN_PATH_BYTES - 1;
  return bytes > limit ? `is ${bytes} bytes long; a Unix socket path holds at most ${limit}` : undefined;
}

/**
 * A struct sockaddr_un for a path, or for `@name` in the abstract namespace. The length of the array is the address
 * length: it delimits an abstract name, while a path includes its NUL.
 *
 * @throws RangeError if the path is empty, contains a NUL byte, or is too long for the structure
 */
export function unixAddress(path: string): Uint8Array {
  const problem = socketPathProblem(path);
  if (problem !== undefined) throw new RangeError(`${JSON.stringify(path)} ${problem}`);
  const name = Buffer.from(path);
  const abstract = name[0] === 0x40;
  const address = new Uint8Array(FAMILY_BYTES + name.length + (abstract ? 0 : 1));
  address[0] = AF_UNIX;
  address.set(name, FAMILY_BYTES);
  if (abstract) address[FAMILY_BYTES] = 0;
  return address;
}
