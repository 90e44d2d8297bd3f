import type { UnattributedReason } from '../../src/identity/process-snapshot.js';

/** What the relay's process says when it is asked. */
export interface RelayCounts {
  /** CPU time of the relay thread so far, in ns. */
  readonly cpuNs: number;
  /** Connections by the text of their peer's cgroup; '' where nobody asked. */
  readonly opened: Readonly<Record<string, number>>;
  readonly unattributed: Readonly<Partial<Record<UnattributedReason, number>>>;
}

/** What a client has done when it was told to connect so often. */
export interface ClientDone {
  readonly connections: number;
}
