import type { UnmonitoredReport } from '../../api/containers/unmonitored.js';
import type { SocketStatus } from '../../api/socket-schema.js';
import type { AgentStatus } from '../../api/status-schema.js';
import type { Configuration } from '../../configuration/index.js';
import type { KernelFeatures } from '../../linux/kernel-features.js';
import type { UdsSocketConfig } from '../../receivers/uds/index.js';

/*
 * What udscope doctor has read. Checks look at these facts alone, so that each can be shown whatever machine it has to find
 * something on.
 */

/** The agent, or this process in its place where none runs. */
export interface ProcessFacts {
  readonly isAgent: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Effective capabilities, a bit for each; undefined: not known. */
  readonly capabilities: bigint | undefined;
  /** Files that may be open at once; undefined: not known. */
  readonly files: number | undefined;
}

export type ConfigurationFacts =
  | {
      readonly state: 'loaded';
      readonly config: Configuration;
      readonly files: readonly string[];
      readonly warnings: readonly string[];
      /** When one of the files was changed last. */
      readonly changedMs: number | undefined;
    }
  | { readonly state: 'mistaken'; readonly files: readonly string[]; readonly mistakes: readonly string[] }
  /** The agent was started with arguments. */
  | { readonly state: 'none' };

export type AgentFacts =
  | { readonly state: 'running'; readonly status: AgentStatus; readonly sockets: readonly SocketStatus[] }
  /** `unknown`: it may run, and this user may not ask it. */
  | { readonly state: 'absent' | 'unknown' | 'failing'; readonly why: string };

/** What a client meets at the socket of a service. */
export type Reach =
  | 'listening'
  | 'refusing'
  | 'absent'
  | 'forbidden'
  | 'no socket'
  | 'silent'
  | 'unknown'
  /** A link on the way that is not followed, and why. */
  | { readonly link: string };

/** A socket of the agent, or of the configuration where no agent tells. */
export interface SocketFacts {
  readonly name: string;
  readonly listen: string;
  readonly upstream: string;
  readonly takeover: boolean;
  readonly status: SocketStatus | undefined;
  readonly config: UdsSocketConfig | undefined;
  /** undefined: it was not looked at, because the relay stands at its path. */
  readonly reach: Reach | undefined;
  /** Why the type that is configured cannot be, in words that follow the path. */
  readonly typeRefusal: string | undefined;
  /** Who else can replace the relay socket, in words. */
  readonly exposure: string | undefined;
}

/** Mounts of one container, or of another mount namespace. */
export interface ContainerMounts {
  /** Its id; undefined where its cgroup names none. */
  readonly id: string | undefined;
  readonly pid: number;
  /** Where it has a socket file of the agent's that is not there any more. */
  readonly stale: readonly string[];
  /** Where it can reach the control socket. */
  readonly control: string | undefined;
}

export interface MountFacts {
  readonly containers: readonly ContainerMounts[];
  /** Processes whose mounts this user may not see. */
  readonly hidden: number;
}

export interface Facts {
  readonly nowMs: number;
  readonly version: string;
  readonly nodeVersion: string;
  readonly kernel: KernelFeatures;
  readonly process: ProcessFacts;
  readonly configuration: ConfigurationFacts;
  readonly agent: AgentFacts;
  /** The control socket that was asked. */
  readonly control: string;
  readonly sockets: readonly SocketFacts[];
  readonly mounts: MountFacts;
  /** What the runtime wrapper has left for an agent that has not come yet; undefined: it may not be looked at. */
  readonly reports: readonly UnmonitoredReport[] | undefined;
}
