import { createHash } from 'node:crypto';

/*
 * Names of kept descriptors, as LISTEN_FDNAMES and FDNAME= carry them: up to 255 printable ASCII characters without a colon
 * (sd_notify(3)).
 *
 *   unix=/run/udscope/sockets/docker/docker.sock   a listening socket, by its path or @name
 *   unix~4mXJ3…                                    the same of a long path, by a digest: all names pass in one variable
 */
const PREFIX = 'unix';
const LONGEST_PATH = 60;
const DIGEST_LENGTH = 22;

/** What a name cannot carry, and the percent sign of what replaces it. */
const UNFIT = /[^!-~]|[:%]/gu;

/** The name of the socket that listens at a path or `@name`. */
export function listenName(path: string): string {
  const text = path.replace(UNFIT, percentEncoded);
  if (text.length <= LONGEST_PATH) return `${PREFIX}=${text}`;
  return `${PREFIX}~${createHash('sha256').update(path).digest('base64url').slice(0, DIGEST_LENGTH)}`;
}

/** The name of a socket that a socket unit has made: by its path, or by its FileDescriptorName. */
export function unitName(pathOrName: string): string {
  return `unit=${pathOrName}`;
}

/** Whether a name is one that an agent has given, and not that of a socket unit. */
export function isStoreName(name: string): boolean {
  return /^[a-z]+[=~]/.test(name);
}

/** Whether a name can be carried at all. */
export function isDescriptorName(name: string): boolean {
  return /^[!-9;-~]{1,255}$/.test(name);
}

function percentEncoded(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}
