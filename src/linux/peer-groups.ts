import { SO_PEERGROUPS, SOL_SOCKET } from './constants.js';
import * as libc from './libc.js';

/** NGROUPS_MAX, linux/limits.h. */
const MAX_GROUPS = 65_536;

/**
 * Supplementary groups that the peer of a connected Unix socket had when it connected (unix(7), SO_PEERGROUPS). None
 * where the kernel cannot say: before Linux 4.13, or when the socket has no peer.
 */
export function peerGroups(fd: number): number[] {
  const ids = new Int32Array(MAX_GROUPS);
  const length = Int32Array.of(ids.byteLength);
  if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, ids, length) < 0) return [];
  return Array.from(ids.subarray(0, length[0] / ids.BYTES_PER_ELEMENT), (id) => id >>> 0);
}
