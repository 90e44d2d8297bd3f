import { SO_PEERGROUPS, SOL_SOCKET } from './constants.js';
import * as libc from './libc.js';

/** First attempt, enough for most users. If it is too small the kernel returns the size needed. */
const USUAL_GROUPS = 64;

/**
 * Supplementary groups that the peer of a connected Unix socket had when it connected (unix(7), SO_PEERGROUPS). Empty
 * if the kernel cannot say: before Linux 4.13, or without a peer.
 */
export function peerGroups(fd: number): number[] {
  const length = new Int32Array(1);
  for (let count = USUAL_GROUPS; ; count = length[0] / Int32Array.BYTES_PER_ELEMENT) {
    const ids = new Int32Array(count);
    length[0] = ids.byteLength;
    if (libc.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, ids, length) === 0) {
      return Array.from(ids.subarray(0, length[0] / Int32Array.BYTES_PER_ELEMENT), (id) => id >>> 0);
    }
    if (length[0] <= ids.byteLength) return [];
  }
}
