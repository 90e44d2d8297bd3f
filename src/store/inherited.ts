import { takeOver } from '../linux/descriptors.js';

/** The first descriptor that is passed: SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_FD = 3;

/** More are not taken, whatever the environment says. */
const MAX_DESCRIPTORS = 16_384;

/** The name that systemd gives to those it passes without one. */
const UNKNOWN = 'unknown';

/** A descriptor that was passed to this process. */
export interface InheritedDescriptor {
  readonly name: string;
  readonly fd: number;
}

/**
 * Takes the descriptors that systemd has passed (sd_listen_fds(3)), and the variables out of the environment: they are not for
 * programs that this one starts. None if they are meant for another process.
 */
export function inheritedDescriptors(env: NodeJS.ProcessEnv, pid: number): InheritedDescriptor[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  const count = wholeNumber(LISTEN_FDS);
  if (count === undefined || count > MAX_DESCRIPTORS || wholeNumber(LISTEN_PID) !== pid) return [];
  const names = LISTEN_FDNAMES === undefined ? [] : LISTEN_FDNAMES.split(':');
  const found = Array.from({ length: count }, (_, i) => ({ name: names[i] || UNKNOWN, fd: FIRST_FD + i }));
  return found.filter(({ fd }) => takeOver(fd));
}

/** undefined for anything but the digits of a number that a process id or descriptor can be. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
