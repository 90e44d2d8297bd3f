/**
 * What a relay thread read about the process at the other end of a connection, while that process was known to exist.
 * Some of it the kernel wrote, and some the process itself.
 */
export interface ProcessSnapshot {
  readonly pid: number;
  /** User id that it connected or listened with. */
  readonly uid: number;
  /** Content of /proc/PID/cgroup. Only the kernel writes it. */
  readonly cgroup: string;
  /** Target of /proc/PID/exe; undefined if it could not be read or was not needed. */
  readonly executable?: string | undefined;
  /**
   * Target of /proc/PID/ns/mnt, which names the mount namespace. Only read if the cgroup names no container; undefined
   * if that is not permitted.
   */
  readonly mountNamespace?: string | undefined;
  /** Place of its root directory, from /proc/PID/mountinfo. Only read if its mount namespace is not the agent's. */
  readonly rootPlace?: string | undefined;
  /** Arguments. Only read if the process looks like a gVisor gofer. The process itself can change them. */
  readonly arguments?: readonly string[] | undefined;
  /** Target of /proc/PID/cwd, read along with the arguments. */
  readonly workingDirectory?: string | undefined;
}

/**
 * Why a process could not be identified:
 *
 * - `gone`: it had ended before it could be read.
 * - `hidden`: it is alive, but /proc does not show it (hidepid).
 * - `unreadable`: /proc shows it, but reading failed for another reason.
 * - `other_namespace`: it is in a pid namespace that this agent cannot see.
 * - `no_room`: too many clients are known already.
 * - `unknown_container`: it sees a different file system than the host, and no trusted runtime state mentions it.
 */
export const UNATTRIBUTED_REASONS = [
  'gone',
  'hidden',
  'unreadable',
  'other_namespace',
  'no_room',
  'unknown_container',
] as const;

export type UnattributedReason = (typeof UNATTRIBUTED_REASONS)[number];
