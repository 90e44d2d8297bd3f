import type { Socket } from 'node:net';
import { descriptorOf } from '../../http/handle-descriptor.js';
import { containerOfCgroup } from '../../identity/cgroup.js';
import { readKernelText } from '../../linux/files.js';
import { peerGroups } from '../../linux/peer-groups.js';
import { existsByPidfd } from '../../linux/proc.js';
import { close, peerCredentials, peerPidfd } from '../../linux/socket.js';

/** The client of a connection, as the kernel recorded it. */
export interface Peer {
  /** 0: of another pid namespace. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  groups(): readonly number[];
}

/** The client of a connection over a Unix socket; undefined when the kernel does not say. */
export function peerOf(socket: Socket): Peer | undefined {
  const fd = descriptorOf(socket);
  const credentials = fd === undefined ? undefined : peerCredentials(fd);
  if (fd === undefined || credentials === undefined) return undefined;
  return { ...credentials, groups: () => peerGroups(fd) };
}

/** `uid 0, gid 0, pid 4242, container 4f0a…`, for the log. The connection must be open. */
export function describePeer(socket: Socket, { pid, uid, gid }: Peer): string {
  const container = containerOf(socket, pid);
  const process = pid === 0 ? 'a process of another pid namespace' : `pid ${pid}`;
  return `uid ${uid}, gid ${gid}, ${process}${container === undefined ? '' : `, container ${container}`}`;
}

/**
 * The container that the cgroup of a client names. What was read is the client's only if its process exists afterwards: the pid
 * may belong to another process by now. Before Linux 6.5 that cannot be known.
 */
function containerOf(socket: Socket, pid: number): string | undefined {
  const fd = descriptorOf(socket);
  const text = fd === undefined || pid === 0 ? undefined : readKernelText(`/proc/${pid}/cgroup`);
  if (fd === undefined || text === undefined) return undefined;
  const pidfd = peerPidfd(fd);
  if (pidfd < 0) return undefined;
  const isThere = existsByPidfd(pidfd);
  close(pidfd);
  return isThere ? containerOfCgroup(text)?.id : undefined;
}
