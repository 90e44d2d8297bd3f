import { basename } from 'node:path';
import { asideName } from './front.js';
import { type FileIdentity, HeldFile, isSameFile } from './held-file.js';
import type { OpenedDirectory } from './open-directory.js';
import { socketName } from './socket-name.js';

/** The file of a socket that an earlier process has bound. */
export interface BoundFile {
  readonly file: FileIdentity;
  /** It is not shown at its path: its upstream was down. */
  readonly isAside: boolean;
}

/**
 * Finds the file that a socket is bound to, at its path or kept aside. Returns what has happened to it if it is at neither, in
 * words that follow the path.
 */
export function boundFile(fd: number, opened: OpenedDirectory, path: string): BoundFile | string {
  const { directory, exposure } = opened;
  const name = basename(path);
  const bound = identityOf(fd);
  // Without CAP_NET_ADMIN the kernel says only where the socket was bound. That is enough where nobody else can replace it.
  const isOurPlace = exposure === undefined && socketName(fd) === path;
  for (const place of [asideName(name), name]) {
    const there = directory.look(place);
    if (there === undefined) continue;
    const isIt = bound === undefined ? isOurPlace && there.isSocket() : isSameFile(there, bound);
    if (isIt) return { file: { dev: there.dev, ino: there.ino }, isAside: place !== name };
  }
  if (directory.look(name) === undefined) return 'its file was removed';
  return bound === undefined ? 'its file may have been replaced' : 'its file was replaced';
}

function identityOf(fd: number): FileIdentity | undefined {
  const held = HeldFile.ofSocket(fd);
  if (held === undefined) return undefined;
  const { dev, ino } = held.stat();
  held.close();
  return { dev, ino };
}
