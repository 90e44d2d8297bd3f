import { lstatSync, readdirSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { readKernelText } from '../../linux/files.js';
import { receptionAt } from '../../linux/listener-probe.js';
import { SilentMounts } from '../../linux/silent-mounts.js';
import { type SocketType, socketTypeAt } from '../../linux/socket-type.js';
import { parseSocketPath } from '../../values/socket-path.js';
import type { Candidate } from './candidates.js';

/** A socket that somebody listens on. */
export interface FoundSocket {
  readonly candidate: Candidate;
  /** Unlike that of any other; a part of a path as it stands. */
  readonly name: string;
  readonly path: string;
  readonly type: SocketType;
}

/** How many entries of a directory are looked at. */
const MAX_ENTRIES = 1000;

/** Longer ones would not fit into the path of a relay socket. */
const MAX_NAME_LENGTH = 30;

const UNIX_BYTES_MAX = 16 * 1024 * 1024;

/** __SO_ACCEPTCONN, in the flags of /proc/net/unix. */
const LISTENS = 0x10000;

const TYPES: Readonly<Record<string, SocketType>> = {
  '0001': 'stream',
  '0002': 'dgram',
  '0005': 'seqpacket',
};

/** Those of the candidates that are there and listen, once each. Nobody is connected to: the kernel is asked. */
export function findSockets(candidates: readonly Candidate[]): FoundSocket[] {
  const mounts = new SilentMounts();
  const found = new Map<string, FoundSocket>();
  const names = new Set<string>();
  for (const candidate of candidates) {
    for (const { path, star } of candidate.paths.flatMap((pattern) => matches(pattern, mounts))) {
      const file = fileAt(path, star, mounts);
      if (file === undefined || found.has(file) || !parseSocketPath(path).ok) continue;
      const type = listeningTypeAt(path);
      if (type === undefined) continue;
      const name = freeName(star === candidate.usual ? candidate.name : nameOf(candidate.name, star), names);
      found.set(file, { candidate, name, path, type });
    }
  }
  return [...found.values()];
}

interface Match {
  readonly path: string;
  /** What stands for the `*`. */
  readonly star: string | undefined;
}

function matches(pattern: string, mounts: SilentMounts): Match[] {
  const segments = pattern.split('/');
  const at = segments.findIndex((segment) => segment.includes('*'));
  if (at < 0) return [{ path: pattern, star: undefined }];
  const directory = segments.slice(0, at).join('/');
  const [before = '', after = ''] = segments[at]!.split('*');
  return entriesOf(directory, mounts)
    .filter((entry) => entry.startsWith(before) && entry.endsWith(after))
    .filter((entry) => entry.length > before.length + after.length)
    .map((entry) => ({
      path: [directory, entry, ...segments.slice(at + 1)].join('/'),
      star: entry.slice(before.length, entry.length - after.length),
    }));
}

function entriesOf(directory: string, mounts: SilentMounts): string[] {
  if (mounts.onTheWayTo(directory) !== undefined) return [];
  try {
    return readdirSync(directory).sort().slice(0, MAX_ENTRIES);
  } catch {
    return [];
  }
}

/** Which file is there, if it is a socket. One of many may be a user's, who could have made a link to any other. */
function fileAt(path: string, star: string | undefined, mounts: SilentMounts): string | undefined {
  if (mounts.onTheWayTo(path) !== undefined) return undefined;
  try {
    const look = star === undefined ? statSync : lstatSync;
    const stats = look(path, { bigint: true });
    return stats.isSocket() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** The type of the socket, if somebody listens. Where a user may not ask, the kernel's list of bound paths tells. */
function listeningTypeAt(path: string): SocketType | undefined {
  const type = socketTypeAt(path);
  if (type !== undefined) return type === 'dgram' || receptionAt(path) === 'listening' ? type : undefined;
  return receptionAt(path) === 'unknown' ? listedTypeAt(path) : undefined;
}

/** By unix(7), `Num RefCount Protocol Flags Type St Inode Path`. */
export function listedTypeAt(path: string, list = readKernelText('/proc/net/unix', UNIX_BYTES_MAX) ?? '') {
  for (const line of list.split('\n')) {
    const [, , , flags = '', type = '', , , ...rest] = line.trim().split(/ +/);
    if (rest.join(' ') !== path) continue;
    const known = TYPES[type];
    if (known === 'dgram' || (Number.parseInt(flags, 16) & LISTENS) !== 0) return known;
  }
  return undefined;
}

function nameOf(name: string, star: string | undefined): string {
  const plain = star?.replace(/[^A-Za-z0-9_.+-]/g, '_').slice(0, MAX_NAME_LENGTH);
  return plain === undefined ? name : `${name}-${plain}`;
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}-${i}`;
  taken.add(free);
  return free;
}

/** The file name that clients look for. */
export function fileNameOf({ candidate, name, path }: FoundSocket): string {
  return candidate.keepsFileName === true ? basename(path) : `${name}.sock`;
}
