import type * as z from 'zod';
import type { containerRequestSchema } from './containers/request.js';
import type { containerStatusSchema, RegisteredContainer } from './containers/schema.js';
import type { History, HistoryQuery } from './history/schema.js';
import type { Reload } from './reload-schema.js';
import type { SocketStatus } from './socket-schema.js';
import type { AgentStatus } from './status-schema.js';
import type { Upgrade } from './upgrade-schema.js';
import type { FlowGroup, UsagePage, UsageQuery } from './usage/query.js';
import type { FlowUsage, MethodUsage } from './usage/schema.js';

/*
 * What may be asked of a running agent through the control extension. The agent implements it; the extension only
 * reads requests and writes answers.
 */

type RequestBody = z.output<typeof containerRequestSchema>;

/** Sockets that are to be made for a container. */
export type ContainerSocketRequest = Readonly<RequestBody['sockets'][number]>;

export interface ContainerRequest extends Readonly<Omit<RequestBody, 'marker'>> {
  readonly id: string;
  /**
   * What the id is unique in: a namespace of containerd, or the folder of the runtime's state. undefined: that of the
   * liveness path, or of the only container of that id.
   */
  readonly namespace?: string | undefined;
  /**
   * A path that appears when the container is made and vanishes with it (the runtime's state). undefined: it stays
   * registered until it is removed. Requests call it `marker`.
   */
  readonly livenessPath?: string | undefined;
}

export interface ContainerStatus extends Readonly<z.output<typeof containerStatusSchema>> {
  /** What it was registered with, as long as it is registered. Lists of containers leave it out. */
  readonly registration?: ContainerRequest | undefined;
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

/** `Socket`: a socket to be relayed, as the configuration has it. That is between the agent and its schema. */
export interface AgentControl<Socket extends object = object> {
  /** Reads a socket to be added. */
  readonly socketSchema: z.ZodType<Socket>;
  status(): AgentStatus;
  sockets(): SocketStatus[];
  containers(): ContainerStatus[];
  /** What methods of containers on sockets have counted. @throws Error when the signal says that nobody waits for it */
  methods(query: UsageQuery, signal: AbortSignal): Promise<UsagePage<MethodUsage>>;
  /** The same of all that is relayed, decoded or not, by client and socket. */
  flows(group: FlowGroup, query: UsageQuery, signal: AbortSignal): Promise<UsagePage<FlowUsage>>;
  /** What has happened in the last hour. @throws ControlError where that is not remembered */
  history(query: HistoryQuery): History;
  /** The configuration that holds, as YAML with all defaults, and where each value is from. Secrets are hidden. */
  configuration(): string;
  /** Relays a socket that `socketSchema` has read, until it is removed or the agent stops. @throws ControlError */
  addSocket(socket: Socket): Promise<SocketStatus>;
  /** Ends a socket that was added here; its open connections go on. @throws ControlError */
  removeSocket(name: string): Promise<void>;
  /** Makes relay sockets for a container. The same again changes nothing. @throws ControlError */
  registerContainer(request: ContainerRequest): Promise<RegisteredContainer>;
  /** Loads the files of its configuration again. @throws ControlError; nothing has changed then. */
  reload(): Promise<Reload>;
  /** Has another agent, of the program as it is installed by now, take the place of this one. @throws ControlError */
  upgrade(): Promise<Upgrade>;
  /** Removes a registered container, its sockets and their connections. @throws ControlError */
  unregisterContainer(id: string, namespace?: string): Promise<void>;
}
