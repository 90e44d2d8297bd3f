import { lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { linkRefusal } from '../../../linux/links.js';
import { openDirectory } from '../../../linux/open-directory.js';
import { realSocketPath } from '../../../linux/real-socket-path.js';
import { attempt } from '../../../values/attempt.js';
import { isInside } from '../../../values/file-path.js';
import { quote } from '../../../values/quote.js';

/*
 * A container that serves an upstream, or has its directory mounted for another reason, can put a symbolic link in its
 * place. In the container that leads nowhere; the agent would follow it on the host, to docker.sock, for a client that
 * is root. The container's root is root, so the link's owner does not tell who made it. What tells is where it lies and
 * where it leads: a link that stays in its directory leads to nothing that could not be put there directly.
 */

/** Where an upstream is, with no symbolic link on the way. */
export interface UpstreamPlace {
  /** Where it is looked for. */
  readonly path: string;
  /** A link at `path` is followed to what is in this directory, or below. */
  readonly directory: string;
  /** What it was when it was looked at first; a link to that is followed, too. */
  readonly target: string;
  /** Why clients do not reach it as long as that is so. */
  readonly refusal?: string;
}

const ADVICE = 'give the path of the socket itself, without links';

/** /proc/PID/root/… leads into another file system by a link that only the kernel can follow. */
export function isFollowedByKernel(upstream: string): boolean {
  return upstream.startsWith('@') || upstream.startsWith('/proc/');
}

/**
 * Looks where an upstream is.
 *
 * @param within what a container has mounted, without links: the upstream must be that or be in there, links or not
 */
export function upstreamPlace(upstream: string, within?: string): UpstreamPlace {
  if (isFollowedByKernel(upstream)) return asWritten(upstream);
  return within === undefined ? configured(upstream) : mounted(upstream, within);
}

function asWritten(upstream: string, refusal?: string): UpstreamPlace {
  const place = { path: upstream, directory: dirname(upstream), target: upstream };
  return refusal === undefined ? place : { ...place, refusal };
}

function mounted(upstream: string, within: string): UpstreamPlace {
  const real = realSocketPath(upstream);
  if (!isInside(real, within))
    return asWritten(upstream, `it leads to ${real}, out of the mounted ${within}`);
  return { path: real, directory: dirname(real), target: real };
}

function configured(upstream: string): UpstreamPlace {
  const found = directoryAt(dirname(upstream));
  if (typeof found === 'string') return asWritten(upstream, `${found}; ${ADVICE}`);
  const { directory, exposure } = found;
  const path = join(directory, basename(upstream));
  const isLink = attempt(() => lstatSync(path))?.isSymbolicLink() === true;
  const target = isLink ? realSocketPath(path) : path;
  const why = exposure ?? linkRefusal(directory);
  if (!isLink || isInside(target, directory) || why === undefined) return { path, directory, target };
  return asWritten(
    upstream,
    `${path} is a symbolic link to ${quote(target)} and is not followed: ${why}; ${ADVICE}`,
  );
}

interface Directory {
  readonly directory: string;
  /** Which other users can change something in it, or on the way, in words. */
  readonly exposure?: string | undefined;
}

/** A directory that is there, or as far as it is; why a link on the way is not followed. */
function directoryAt(path: string): Directory | string {
  try {
    const { directory, realPath, exposure } = openDirectory(path, { create: false, refusal: linkRefusal });
    directory.close();
    return { directory: realPath, exposure };
  } catch (error) {
    const { message, cause } = error as Error;
    if (cause === undefined) return message;
    const parent = dirname(path);
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT' && parent !== path;
    const above = isMissing ? directoryAt(parent) : { directory: parent };
    return typeof above === 'string' ? above : { ...above, directory: join(above.directory, basename(path)) };
  }
}
