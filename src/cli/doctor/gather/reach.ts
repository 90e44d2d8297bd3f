import { readlinkSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { EACCES, EPERM } from '../../../linux/errno.js';
import type { HeldDirectory } from '../../../linux/held-directory.js';
import { linkRefusal } from '../../../linux/links.js';
import { probe, receptionAt } from '../../../linux/listener-probe.js';
import { openDirectory } from '../../../linux/open-directory.js';
import type { SilentMounts } from '../../../linux/silent-mounts.js';
import { unixAddress } from '../../../linux/sockaddr.js';
import { socketTypeAt } from '../../../linux/socket-type.js';
import { isInside } from '../../../values/file-path.js';
import type { Reach } from '../facts.js';

const MAX_LINKS = 8;

/**
 * What a client meets at the socket of a service. Nobody is connected to, and no link is followed that a container may have made:
 * the directory is walked to as the agent does, and held.
 */
export function reachOf(path: string, mounts: SilentMounts): Reach {
  if (path.startsWith('@')) return byType(path) ?? receptionAt(path);
  // /proc/PID/root/… leads into a container.
  if (path.startsWith('/proc/')) return 'unknown';
  if (mounts.onTheWayTo(path) !== undefined) return 'silent';
  return at(path, MAX_LINKS);
}

function at(path: string, links: number): Reach {
  const found = directoryAt(dirname(path));
  if (!('directory' in found)) return found.reach;
  const { directory, exposure, realPath } = found;
  const name = basename(path);
  try {
    const stats = directory.look(name);
    if (stats === undefined) return 'absent';
    if (stats.isSymbolicLink()) {
      const target = resolve(realPath, readlinkSync(directory.at(name)));
      // What is in the directory of the link could have been put in its place.
      const refusal = isInside(target, realPath) ? undefined : (exposure ?? linkRefusal(realPath));
      if (refusal !== undefined || links === 0) return { link: `${path}: ${refusal ?? 'too many links'}` };
      return at(target, links - 1);
    }
    return stats.isSocket() ? atHeld(directory, name) : 'no socket';
  } catch (error) {
    return isForbidden(error) ? 'forbidden' : 'unknown';
  } finally {
    directory.close();
  }
}

function atHeld(directory: HeldDirectory, name: string): Reach {
  const held = directory.at(name);
  const result = probe('stream', unixAddress(held));
  if (result === -EACCES || result === -EPERM) return 'forbidden';
  return byType(held) ?? receptionAt(held);
}

/** A socket that takes datagrams is there as soon as it is open. */
function byType(path: string): Reach | undefined {
  return socketTypeAt(path) === 'dgram' ? 'listening' : undefined;
}

type Found = ReturnType<typeof openDirectory> | { readonly reach: Reach };

function directoryAt(path: string): Found {
  try {
    return openDirectory(path, { create: false, refusal: linkRefusal });
  } catch (error) {
    const { cause, message } = error as Error;
    if (cause === undefined) return { reach: { link: message } };
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { reach: 'absent' };
    return { reach: isForbidden(cause) ? 'forbidden' : 'unknown' };
  }
}

function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}
