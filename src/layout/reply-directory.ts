import { chmodSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { geteuid } from 'node:process';
import type { HeldDirectory } from '../linux/held-directory.js';
import { openDirectory } from '../linux/open-directory.js';
import { clearReplyFiles } from '../linux/reply-file.js';
import { socketPathProblem } from '../linux/sockaddr.js';
import { PRIVATE } from './default-paths.js';

/** Everybody may pass, and nobody else may look around. */
const MODE = 0o711;
const PERMISSION_BITS = 0o7777;
const MAY_PASS = 0o001n;

/** As long as the names that are given there. */
const EXAMPLE = 'x'.repeat(22);

/**
 * Where upstreams answer to datagrams of clients that are bound to a path: beside what is private of an agent, since upstreams of any
 * user must reach it.
 */
export function replyDirectory(containersDirectory: string): string {
  const parent = dirname(containersDirectory);
  return join(basename(parent) === PRIVATE ? dirname(parent) : parent, 'replies');
}

/**
 * Makes that directory, and clears what processes of this user have left in it. Undefined where it cannot be made, where others could
 * replace what is in it, or where upstreams of other users could not reach it.
 */
export function makeReplyDirectory(path: string): string | undefined {
  if (socketPathProblem(join(path, EXAMPLE)) !== undefined) return undefined;
  try {
    if (!canBePassed(dirname(path))) return undefined;
    const { directory, exposure, realPath } = openDirectory(path, { create: true });
    try {
      if (exposure !== undefined || !isOurs(directory)) return undefined;
      clearReplyFiles(realPath);
      return realPath;
    } finally {
      directory.close();
    }
  } catch {
    return undefined;
  }
}

function isOurs(directory: HeldDirectory): boolean {
  const { mode, uid } = directory.stat();
  if (Number(uid) !== geteuid?.()) return false;
  if ((Number(mode) & PERMISSION_BITS) !== MODE) chmodSync(directory.at('.'), MODE);
  return true;
}

/** Whether any user may pass through a directory and all above. An agent that is not root serves its own user, or root. */
function canBePassed(path: string): boolean {
  if (geteuid?.() !== 0) return true;
  const { directory, realPath } = openDirectory(path, { create: true });
  try {
    if ((directory.stat().mode & MAY_PASS) === 0n) return false;
  } finally {
    directory.close();
  }
  return realPath === '/' || canBePassed(dirname(realPath));
}
