import type { Socket } from 'node:net';
import { peerGroups } from '../../linux/peer-groups.js';
import { existsByPidfd } from '../../linux/proc.js';
import { close, peerCredentials, peerPidfd } from '../../linux/socket.js';
import { containerOfCgroup } from '../../receivers/uds/identity/cgroup.js';
import { readText } from '../../receivers/uds/identity/sources/read-file.js';

/** Who has connected, as the kernel has it. */
export interface Peer {
  /** 0: of another pid namespace. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Its container, if its cgroup names one. */
  readonly container: string | undefined;
}

/** Node keeps the descriptor of a connection there. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/** Who is at the other end of a connection over a Unix socket; undefined when the kernel does not say. */
export function peerOf(socket: Socket): Peer | undefined {
  const fd = (socket as unknown as WithHandle)._handle?.fd;
  if (fd === undefined || fd < 0) return undefined;
  const credentials = peerCredentials(fd);
  if (credentials === undefined) return undefined;
  return { ...credentials, groups: peerGroups(fd), container: containerOf(fd, credentials.pid) };
}

/** `uid 0, gid 0, pid 4242, container 4f0a…`, for a log. */
export function describePeer({ pid, uid, gid, container }: Peer): string {
  const process = pid === 0 ? 'a process of another pid namespace' : `pid ${pid}`;
  return `uid ${uid}, gid ${gid}, ${process}${container === undefined ? '' : `, container ${container}`}`;
}

/** What was read belongs to it only if it was there afterwards: its pid may be another's by now. */
function containerOf(fd: number, pid: number): string | undefined {
  const text = pid === 0 ? undefined : readText(`/proc/${pid}/cgroup`);
  if (text === undefined) return undefined;
  const pidfd = peerPidfd(fd);
  if (pidfd < 0) return undefined;
  const isThere = existsByPidfd(pidfd);
  close(pidfd);
  return isThere ? containerOfCgroup(text)?.id : undefined;
}
