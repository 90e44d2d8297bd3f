import type { UnattributedReason } from './process-snapshot.js';

/** A container, as far as anything is known about it. */
export interface ContainerIdentity {
  /** `container.id`. Of one that no engine manages, the name it was run under. */
  readonly id: string;
  /** What tells it from others of the same id: a namespace of containerd, or where its runtime keeps its state. */
  readonly namespace: string | undefined;
  /** Path of its cgroup, where that names it. */
  readonly cgroup?: string | undefined;
  /** Attributes beside its id, by their names in the semantic conventions: container.name, k8s.pod.name, … */
  readonly attributes: Readonly<Record<string, string>>;
  /** Something in the file system that is there exactly as long as the container is; undefined: nothing is known. */
  readonly livenessPath: string | undefined;
}

/** Who is at the other end of a connection. */
export interface ProcessIdentity {
  /** undefined: it is in no container, or in one that is not known. */
  readonly container: ContainerIdentity | undefined;
  /** `process.executable.name`, where known. */
  readonly executable: string | undefined;
  /** Why nobody can say who it is, although it was looked at. */
  readonly unattributed?: UnattributedReason;
}
