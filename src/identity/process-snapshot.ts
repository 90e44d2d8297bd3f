/**
 * What a relay thread has read of the process at the other end while that process was certainly there. All of it
 * is text: the kernel's, or the process's own.
 */
export interface ProcessSnapshot {
  readonly pid: number;
  /** User id it connected (or listened) with. */
  readonly uid: number;
  /** The whole of /proc/PID/cgroup. Only the kernel writes it. */
  readonly cgroup: string;
  /** Where /proc/PID/exe points; undefined when that could not be read, or was not needed. */
  readonly executable?: string | undefined;
  /**
   * Where /proc/PID/ns/mnt points: which mount namespace it is in. Read where the cgroup names no container; undefined
   * where that may not be read.
   */
  readonly mountNamespace?: string | undefined;
  /** Where its root directory lies, by /proc/PID/mountinfo. Read of a namespace only that is not this agent's. */
  readonly rootPlace?: string | undefined;
  /** Arguments, read of processes only that look like a gVisor gofer. They are the process's own to write. */
  readonly arguments?: readonly string[] | undefined;
  /** Where /proc/PID/cwd points, read along with the arguments. */
  readonly workingDirectory?: string | undefined;
}

/**
 * Why nobody knows who is at the other end:
 *
 * - `gone`: it had ended before it could be looked at.
 * - `hidden`: it lives, and /proc does not show it (hidepid).
 * - `unreadable`: /proc shows it, and reading failed otherwise.
 * - `other_namespace`: it is in a pid namespace that this agent cannot see.
 * - `no_room`: too many are known already.
 * - `unknown_container`: it sees another file system than the host's, and no runtime whose word is believed knows of it.
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
