/**
 * What a relay thread has read of the process at the other end while that process was certainly there. All of it
 * is text: the kernel's, or the process's own.
 */
export interface Evidence {
  readonly pid: number;
  /** User id it connected (or listened) with. */
  readonly uid: number;
  /** The whole of /proc/PID/cgroup. Only the kernel writes it. */
  readonly cgroup: string;
  /** Where /proc/PID/exe points; undefined when that could not be read, or was not needed. */
  readonly executable?: string | undefined;
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
 */
export const UNATTRIBUTED_REASONS = ['gone', 'hidden', 'unreadable', 'other_namespace', 'no_room'] as const;

export type UnattributedReason = (typeof UNATTRIBUTED_REASONS)[number];
