import { isPrivileged } from './privileges.js';

/**
 * A container with one of these mounted controls the host anyway, so links in them, such as /var/run, are the host's
 * own.
 */
const OF_THE_HOST = ['/', '/run', '/var'];

/**
 * Why a symbolic link in a directory is not followed although it belongs to root: the root of a container may be the
 * same user. An agent without privileges can only reach what its own user can, so it follows that user's links.
 *
 * @param directory real path of the directory
 */
export function linkRefusal(directory: string): string | undefined {
  if (OF_THE_HOST.includes(directory) || !isPrivileged()) return undefined;
  return `the root of a container that has ${directory} mounted could have made it`;
}
