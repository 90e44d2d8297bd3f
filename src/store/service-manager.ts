import { sendDescriptors, sendDescriptorsTo } from '../linux/descriptor-message.js';
import { socketPathProblem, unixAddress } from '../linux/sockaddr.js';

/** What has started this process, hears how it fares and may keep descriptors for it: systemd, or `udscope supervise`. */
export interface ServiceManager {
  /** Where messages go, for errors. */
  readonly name: string;
  /** Sends a message of sd_notify(3) with descriptors. Returns the number of bytes or a negated errno; never waits. */
  send(text: string, fds: readonly number[]): number;
}

/** systemd, or what speaks like it, at $NOTIFY_SOCKET. undefined where there is none. */
export function notifySocket(path: string | undefined): ServiceManager | undefined {
  if (path === undefined || socketPathProblem(path) !== undefined) return undefined;
  const address = unixAddress(path);
  return { name: path, send: (text, fds) => sendDescriptorsTo(address, text, fds) };
}

/** The supervisor at the other end of an inherited socket. */
export function supervisorChannel(fd: number): ServiceManager {
  return { name: 'the supervisor', send: (text, fds) => sendDescriptors(fd, text, fds) };
}
