import type { UdsSocketConfig } from '../receivers/uds/config.js';
import type { ContainerMount } from '../runtime/annotated-sockets.js';

/*
 * What may be asked of a running agent through the control extension. The agent implements it; the extension only
 * reads requests and writes answers.
 */

/** What a socket or container has counted since the agent knows of it. Send is container → upstream. */
export interface TrafficCounts {
  /** Connections open now. */
  readonly active: number;
  readonly opened: number;
  /** Connections that failed or were cut short. */
  readonly errors: number;
  readonly sendBytes: number;
  readonly recvBytes: number;
  readonly sendOps: number;
  readonly recvOps: number;
}

/** Where a socket or container comes from: the configuration file, this API, or a peer that was seen. */
export type Origin = 'configuration' | 'control' | 'peer';

export interface SocketStatus {
  /** uds.socket.name. Not unique among the sockets of different containers. */
  readonly name: string;
  /** Id of the receiver that relays it. */
  readonly receiver: string;
  readonly listen: string;
  readonly upstream: string;
  readonly origin: Origin;
  /** container.id when all its traffic is one container's. */
  readonly container: string | undefined;
  /** Why clients do not reach it: something else is in its place. undefined as a rule. */
  readonly problem?: string | undefined;
  readonly counts: TrafficCounts;
}

/** The traffic of one container, or of one host process, on one socket. */
export interface PeerSocketStatus {
  readonly name: string;
  /** uds.socket.path */
  readonly path: string;
  /** uds.socket.scope, once it is known. */
  readonly scope: 'host' | 'internal' | undefined;
  readonly counts: TrafficCounts;
}

export interface ContainerStatus {
  /** undefined: processes of the host, by executable, and those that nobody could attribute. */
  readonly id: string | undefined;
  /** Of containerd, or the folder of its runtime's state, where known: what an id is unique in. */
  readonly namespace?: string | undefined;
  /** container.name, k8s.pod.name, process.executable.name, … whatever is known. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly origin: Origin;
  readonly sockets: readonly PeerSocketStatus[];
  /**
   * What it was registered with, as long as it is registered: sent again with a change, it changes just that. It is
   * for questions about one container; lists leave it out.
   */
  readonly registration?: ContainerRequest | undefined;
}

export interface AgentStatus {
  readonly version: string;
  readonly pid: number;
  /** Wall clock, ms since the epoch. */
  readonly startedMs: number;
  readonly receivers: readonly {
    readonly id: string;
    readonly threads: number;
    readonly sockets: number;
    readonly containers: number;
    readonly connections: number;
    /** Series shown under their own names at present. */
    readonly series: number;
    readonly maxSeries: number;
    /** Connections that could not be attributed, by reason, zero ones left out. */
    readonly unattributed: Readonly<Record<string, number>>;
  }[];
}

/** A socket to be made for a container. */
export interface ContainerSocketRequest {
  /** Where the container sees it; becomes uds.socket.path. */
  readonly path: string;
  /** The host's socket that it is relayed to. */
  readonly upstream: string;
}

export interface ContainerRequest {
  readonly id: string;
  /**
   * What the id is unique in: a namespace of containerd, or the folder of the runtime's state. undefined: that of the
   * marker, or of the only container of that id.
   */
  readonly namespace?: string | undefined;
  /** Attributes beside what the agent finds out by itself, over which they have precedence. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Sockets named one by one, … */
  readonly sockets: readonly ContainerSocketRequest[];
  /** … or annotations and mounts, as the runtime has them, of which the agent finds the sockets. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly mounts: readonly ContainerMount[];
  /** The OCI bundle directory: names of the container are looked up there. */
  readonly bundle: string | undefined;
  /**
   * A path that will appear when the container is made and vanish with it (the runtime's state). undefined: it stays
   * registered until it is removed.
   */
  readonly marker: string | undefined;
}

/** A socket as it was made. */
export interface RegisteredSocket extends ContainerSocketRequest {
  /** The relay socket on the host, to be mounted at `path`. */
  readonly listen: string;
}

export interface RegisteredContainer {
  readonly id: string;
  readonly sockets: readonly RegisteredSocket[];
  /** What an annotation names and cannot be relayed, and why. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[];
}

/** Why something cannot be done, in a sentence for the user. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code = 'UDSCOPE_CONTROL';

  /** `status`: of the HTTP answer. 404: there is no such thing; 409: it cannot be now; 422: it makes no sense. */
  constructor(
    readonly status: 404 | 409 | 422 | 503,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface AgentControl {
  status(): AgentStatus;
  sockets(): SocketStatus[];
  containers(): ContainerStatus[];
  /** Relays a socket from now on, until it is removed or the agent stops. @throws ControlError */
  addSocket(socket: UdsSocketConfig): Promise<SocketStatus>;
  /** Ends a socket that was added here; its open connections go on. @throws ControlError */
  removeSocket(name: string): Promise<void>;
  /** Makes relay sockets for a container. The same again changes nothing. @throws ControlError */
  registerContainer(request: ContainerRequest): Promise<RegisteredContainer>;
  /** Removes a registered container, its sockets and their connections. @throws ControlError */
  unregisterContainer(id: string, namespace?: string): Promise<void>;
}
