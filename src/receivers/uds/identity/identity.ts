/** A container, as far as anything is known about it. */
export interface ContainerIdentity {
  /** `container.id`. Of one that no engine manages, the name it was run under. */
  readonly id: string;
  /** Attributes beside its id, by their names in the semantic conventions: container.name, k8s.pod.name, … */
  readonly attributes: Readonly<Record<string, string>>;
  /** Something in the file system that is there exactly as long as the container is; undefined: nothing is known. */
  readonly marker: string | undefined;
  /** What says so is something that a workload can write itself. */
  readonly isDoubtful: boolean;
}

/** Who is at the other end of a connection. */
export interface PeerIdentity {
  /** undefined: it is in no container. */
  readonly container: ContainerIdentity | undefined;
  /** `process.executable.name`, where known. */
  readonly executable: string | undefined;
}
