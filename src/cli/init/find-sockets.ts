import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { readKernelText } from '../../linux/files.js';
import { linkRefusal } from '../../linux/links.js';
import { receptionAt } from '../../linux/listener-probe.js';
import { SilentMounts } from '../../linux/silent-mounts.js';
import { type SocketType, socketTypeAt } from '../../linux/socket-type.js';
import { attempt } from '../../values/attempt.js';
import { parseSocketPath } from '../../values/socket-path.js';
import type { Candidate } from './candidates.js';

/** A socket that somebody listens on. */
export interface FoundSocket {
  /** What was looked for, with the risks of this one. */
  readonly candidate: Candidate;
  /** Unlike that of any other; a part of a path as it stands. */
  readonly name: string;
  readonly path: string;
  readonly type: SocketType;
}

/** How many entries of a directory that could be meant are looked at. */
const MAX_ENTRIES = 1000;

const WRITABLE_BY_ALL = 0o002;

/** Where any user could listen, as in /tmp. */
const OPEN_TO_ALL =
  'Every user of the host, and containers that have its directory, can listen there while the service does not.';

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
    for (const match of candidate.paths.flatMap((pattern) => matches(pattern, mounts))) {
      const { path, star } = match;
      const isOpen = isOpenToAll(dirname(path), mounts);
      const file = fileAt(match, isOpen, mounts);
      if (file === undefined || found.has(file) || !parseSocketPath(path).ok) continue;
      const type = listeningTypeAt(path);
      if (type === undefined) continue;
      const name = freeName(star === candidate.usual ? candidate.name : nameOf(candidate.name, star), names);
      const { risk = [] } = candidate;
      const known = isOpen ? { ...candidate, risk: [...risk, OPEN_TO_ALL] } : candidate;
      found.set(file, { candidate: known, name, path, type });
    }
  }
  return [...found.values()];
}

interface Match {
  readonly path: string;
  /** What stands for the `*`. */
  readonly star: string | undefined;
  /** The directory in which that was found. */
  readonly base: string;
}

function matches(pattern: string, mounts: SilentMounts): Match[] {
  const segments = pattern.split('/');
  const at = segments.findIndex((segment) => segment.includes('*'));
  if (at < 0) return [{ path: pattern, star: undefined, base: dirname(pattern) }];
  const directory = segments.slice(0, at).join('/');
  const [before = '', after = ''] = segments[at]!.split('*');
  return entriesOf(directory, mounts)
    .filter((entry) => entry.startsWith(before) && entry.endsWith(after))
    .filter((entry) => entry.length > before.length + after.length)
    .slice(0, MAX_ENTRIES)
    .map((entry) => ({
      path: [directory, entry, ...segments.slice(at + 1)].join('/'),
      star: entry.slice(before.length, entry.length - after.length),
      base: directory,
    }));
}

function entriesOf(directory: string, mounts: SilentMounts): string[] {
  if (mounts.onTheWayTo(directory) !== undefined) return [];
  return attempt(() => readdirSync(directory).sort()) ?? [];
}

function isOpenToAll(directory: string, mounts: SilentMounts): boolean {
  if (mounts.onTheWayTo(directory) !== undefined) return false;
  return attempt(() => (statSync(directory).mode & WRITABLE_BY_ALL) !== 0) ?? false;
}

/** Which file is there, if it is a socket. Where it may be a user's or a container's, that could have made links to any other. */
function fileAt({ path, star, base }: Match, isOpen: boolean, mounts: SilentMounts): string | undefined {
  if (mounts.onTheWayTo(path) !== undefined) return undefined;
  return attempt(() => {
    const directory = realpathSync.native(base);
    const isOthers = star !== undefined || isOpen || linkRefusal(directory) !== undefined;
    if (isOthers && realpathSync.native(path) !== directory + path.slice(base.length)) return undefined;
    const stats = (isOthers ? lstatSync : statSync)(path, { bigint: true });
    return stats.isSocket() ? `${stats.dev}:${stats.ino}` : undefined;
  });
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
