import { ContainerCgroup, cgroupRoot } from '../../../bench/attribution/cgroups.js';
import { attempt } from '../../../src/values/attempt.js';
import { containerId } from '../../support/attribution/fake-processes.js';
import type { Cleanup } from '../../support/cleanup.js';
import type { SocketName } from '../agent.js';

export type ClientName = 'quiet' | 'hostile';

/** What a client is to the agent. */
export interface StagedClient {
  /** The socket that it uses, and its service listens for. */
  readonly socket: SocketName;
  /** Its container. */
  readonly id: string;
  /** The directory of its cgroup, where that tells its container. */
  readonly cgroup?: string;
}

/** Which sockets a quiet and a hostile client use. */
export interface Stage {
  readonly quiet: StagedClient;
  readonly hostile: StagedClient;
}

/** Each has one, which is configured as its container's. */
export const OWN_SOCKETS: Stage = {
  quiet: { socket: 'quiet', id: 'quiet' },
  hostile: { socket: 'hostile', id: 'hostile' },
};

/**
 * Both use the same one, whose service answers both wherever the hostile client is. Their cgroups tell their containers; undefined where none
 * can be made.
 */
export function oneSocket(cleanup: Cleanup): Stage | undefined {
  const root = cgroupRoot();
  if (root === undefined) return undefined;
  const client = (number: number): StagedClient | undefined => {
    const id = containerId(process.pid * 16 + number);
    const cgroup = attempt(() => new ContainerCgroup(root, id));
    if (cgroup === undefined) return undefined;
    cleanup.defer(() => cgroup.remove());
    return { socket: 'shared', id, cgroup: cgroup.path };
  };
  const [quiet, hostile] = [client(1), client(2)];
  if (quiet === undefined || hostile === undefined) return undefined;
  return { quiet, hostile };
}
