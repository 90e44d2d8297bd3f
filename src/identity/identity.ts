import type { UnattributedReason } from './process-snapshot.js';

/** What is known about a container. */
export interface ContainerIdentity {
  /** `container.id`; for a container that no engine manages, the name it was started with. */
  readonly id: string;
  /** Scope in which the id is unique: a containerd namespace, or the directory of its runtime's state. */
  readonly namespace: string | undefined;
  /** Path of its cgroup, if the cgroup names the container. */
  readonly cgroup?: string | undefined;
  /** Attributes other than the id, by semantic convention name: container.name, k8s.pod.name, … */
  readonly attributes: Readonly<Record<string, string>>;
  /** A path that exists exactly as long as the container does; undefined if no such path is known. */
  readonly livenessPath: string | undefined;
}

/** Who a process is. */
export interface ProcessIdentity {
  /** undefined if the process is in no container, or in an unknown one. */
  readonly container: ContainerIdentity | undefined;
  /** `process.executable.name`, if known. */
  readonly executable: string | undefined;
  /** Why the process could not be identified. */
  readonly unattributed?: UnattributedReason;
}
