import type { UnattributedReason } from '../../src/identity/process-snapshot.js';

/** The relay process's answer to a question. */
export interface RelayCounts {
  /** CPU time of the relay thread so far, in ns. */
  readonly cpuNs: number;
  /** Connections by the text of their client's cgroup; '' where clients are not identified. */
  readonly opened: Readonly<Record<string, number>>;
  readonly unattributed: Readonly<Partial<Record<UnattributedReason, number>>>;
}

/** A client's report after a round of connections. */
export interface ClientDone {
  readonly connections: number;
}
