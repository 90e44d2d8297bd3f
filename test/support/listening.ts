import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Of a socket that listens, and of one for datagrams (/proc/net/unix, Flags and Type: __SO_ACCEPTCON of Linux' net.h, SOCK_DGRAM). */
const LISTENS = '00010000';
const DATAGRAMS = '0002';

/**
 * Whether a server takes connections, or datagrams, at the path of a Unix socket. That the file is there says too little: a server binds it
 * first, and refuses who connects before it listens. Where the kernel shows no socket of that name, the server is in
 * another network namespace, or the file had another name, and it is enough that it is there.
 */
export function isListening(path: string): boolean {
  const bound = readFileSync('/proc/net/unix', 'latin1')
    .split('\n')
    .map((line) => line.split(/\s+/))
    .filter(([, , , , , , , name]) => name !== undefined && isNameOf(name, path));
  if (bound.length === 0) return existsSync(path);
  return bound.some(([, , , flags, type]) => flags === LISTENS || type === DATAGRAMS);
}

/** A server may have bound the path by a name that is relative to its directory. */
function isNameOf(name: string, path: string): boolean {
  if (name === path) return true;
  return name !== '' && !name.startsWith('/') && !name.startsWith('@') && basename(name) === basename(path);
}
