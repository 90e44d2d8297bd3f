import { geteuid } from 'node:process';

/** Whoever has one of these mounted has the host: links in them, such as /var/run, are the host's own. */
const OF_THE_HOST = ['/', '/run', '/var'];

const ROOT = 0;

/**
 * Why a symbolic link in a directory is not followed although it is root's: the root of a container is root, too. An
 * agent that is not root leads nobody to more than its own user has; he may link his folders as he likes.
 *
 * @param directory its real path
 */
export function linkRefusal(directory: string): string | undefined {
  if (geteuid?.() !== ROOT || OF_THE_HOST.includes(directory)) return undefined;
  return `the root of a container that has ${directory} mounted could have made it`;
}
