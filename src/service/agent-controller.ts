import { pid } from 'node:process';
import type { Logger } from 'pino';
import {
  type AgentControl,
  type ContainerRequest,
  type ContainerStatus,
  ControlError,
} from '../api/agent.js';
import type { RegisteredContainer } from '../api/containers/schema.js';
import type { History, HistoryQuery } from '../api/history/schema.js';
import type { Reload } from '../api/reload-schema.js';
import type { SocketStatus } from '../api/socket-schema.js';
import type { AgentStatus } from '../api/status-schema.js';
import type { Upgrade } from '../api/upgrade-schema.js';
import type { FlowGroup, UsagePage, UsageQuery } from '../api/usage/query.js';
import type { FlowUsage, MethodUsage } from '../api/usage/schema.js';
import { Serial } from '../async/serial.js';
import { type ControlPlace, misplacements } from '../layout/places.js';
import { silentPaths } from '../layout/silent-paths.js';
import { typeRefusal } from '../layout/upstream-type.js';
import { realSocketPath } from '../linux/real-socket-path.js';
import { type UdsSocketConfig, udsSocketSchema } from '../receivers/uds/index.js';
import { quote } from '../values/quote.js';
import { VERSION } from '../version.js';
import { HistoryKeeper } from './history/history-keeper.js';
import type { RunningReceiver } from './running-receiver.js';
import { UsageReport } from './usage/usage-report.js';

type ReceiverControl = RunningReceiver['control'];

/** How the agent fares, beside its receivers. */
export type AgentHealth = Pick<AgentStatus, 'configuration' | 'exporters' | 'losses' | 'draining'>;

const NOTHING: AgentHealth = { configuration: { files: [] }, exporters: [], losses: [] };

/** The agent as the control extension sees and changes it: all its receivers together. */
export class AgentController implements AgentControl<UdsSocketConfig> {
  readonly socketSchema = udsSocketSchema;
  readonly #receivers: () => ReadonlyMap<string, RunningReceiver>;
  readonly #controls: () => readonly ControlPlace[];
  readonly #health: () => AgentHealth;
  readonly #upgrade: () => Promise<Upgrade>;
  readonly #reload: () => Promise<Reload>;
  readonly #configuration: () => string;
  readonly #startedMs = Date.now();
  readonly #usage = new UsageReport(() =>
    Array.from(this.#receivers().values(), ({ table, calls, methods }) => ({
      traffic: table,
      calls,
      bytes: methods,
    })),
  );
  readonly #history = new HistoryKeeper(this.#usage);
  /** Sockets are added one after the other: two requests may have the same name at the same time. */
  readonly #additions = new Serial();

  /** `receivers`: those that run at the moment; `controls`: where the agent is controlled. */
  constructor(
    receivers: () => ReadonlyMap<string, RunningReceiver>,
    controls: () => readonly ControlPlace[] = () => [],
    health: () => AgentHealth = () => NOTHING,
    upgrade: () => Promise<Upgrade> = () =>
      Promise.reject(new ControlError(409, 'nothing can start another agent')),
    reload: () => Promise<Reload> = () =>
      Promise.reject(new ControlError(409, 'this agent has no configuration of its own')),
    configuration: () => string = () => {
      throw new ControlError(409, 'this agent has no configuration of its own');
    },
  ) {
    this.#receivers = receivers;
    this.#controls = controls;
    this.#health = health;
    this.#upgrade = upgrade;
    this.#reload = reload;
    this.#configuration = configuration;
  }

  status(): AgentStatus {
    const receivers = this.#all().map((receiver) => receiver.status());
    return { version: VERSION, pid, startedMs: this.#startedMs, receivers, ...this.#health() };
  }

  sockets(): SocketStatus[] {
    return this.#all().flatMap((receiver) => receiver.sockets());
  }

  containers(): ContainerStatus[] {
    return this.#all().flatMap((receiver) => receiver.containers());
  }

  methods(query: UsageQuery, signal: AbortSignal): Promise<UsagePage<MethodUsage>> {
    return this.#usage.methods(query, signal);
  }

  flows(group: FlowGroup, query: UsageQuery, signal: AbortSignal): Promise<UsagePage<FlowUsage>> {
    return this.#usage.flows(group, query, signal);
  }

  history(query: HistoryQuery): History {
    const history = this.#history.read(query);
    if (history !== undefined) return history;
    throw new ControlError(409, 'this agent remembers no history: it has no dashboard extension');
  }

  /** Whether to remember what has happened in the last hour. */
  keepHistory(isWanted: boolean, logger: Logger): void {
    this.#history.keep(isWanted, logger);
  }

  configuration(): string {
    return this.#configuration();
  }

  addSocket(socket: UdsSocketConfig): Promise<SocketStatus> {
    return this.#additions.run(() => {
      const { name, container } = socket;
      if (container === null && this.#all().some((receiver) => receiver.has(name))) {
        throw new ControlError(409, `there is a socket ${quote(name)} already; give another name`);
      }
      const first = this.#first();
      this.#checkPlaces(socket);
      return first.addSocket(socket);
    });
  }

  /** No other socket may be among those of containers, or in the way of a control socket. */
  #checkPlaces({ listen, upstream, type }: UdsSocketConfig): void {
    const at = undefined;
    const [silent] = silentPaths([listen, upstream].map((path) => ({ path, at })));
    if (silent !== undefined) throw new ControlError(422, `${quote(silent.path)} ${silent.message}`);
    const directories = this.#all().flatMap(({ containersDirectory: path }) =>
      path === undefined ? [] : [{ path, at }],
    );
    for (const { path } of directories) {
      if (!realSocketPath(listen).startsWith(`${realSocketPath(path)}/`)) continue;
      throw new ControlError(
        422,
        `${quote(listen)} is among the sockets of containers; give a path outside of ${quote(path)}`,
      );
    }
    const [misplaced] = misplacements({
      controls: this.#controls().map((control) => ({ ...control, at })),
      listens: [{ path: listen, at }],
      upstreams: [{ path: upstream, at }],
      directories,
    });
    if (misplaced !== undefined) {
      throw new ControlError(422, `${quote(misplaced.path)} ${misplaced.message}`);
    }
    const refusal = typeRefusal(upstream, type);
    if (refusal !== undefined) throw new ControlError(422, `${quote(upstream)} ${refusal}`);
  }

  async removeSocket(name: string): Promise<void> {
    for (const receiver of this.#all()) {
      if (await receiver.removeSocket(name)) return;
    }
    throw new ControlError(404, `there is no socket ${quote(name)}`);
  }

  async registerContainer(request: ContainerRequest): Promise<RegisteredContainer> {
    const receiver = this.#receiverOf(request.id, request.namespace) ?? this.#first();
    return receiver.containerSockets.register(request);
  }

  async unregisterContainer(id: string, namespace?: string): Promise<void> {
    const receiver = this.#receiverOf(id, namespace);
    if (receiver === undefined) throw new ControlError(404, `no container ${quote(id)} is registered`);
    await receiver.containerSockets.unregister(id, namespace);
  }

  reload(): Promise<Reload> {
    return this.#reload();
  }

  upgrade(): Promise<Upgrade> {
    return this.#upgrade();
  }

  /** The receiver at which a container is registered. */
  #receiverOf(id: string, namespace: string | undefined): ReceiverControl | undefined {
    return this.#all().find(({ containerSockets }) => containerSockets.has(id, namespace));
  }

  #all(): ReceiverControl[] {
    return Array.from(this.#receivers().values(), ({ control }) => control);
  }

  /** What is added at run time goes to the first receiver. */
  #first(): ReceiverControl {
    const [first] = this.#all();
    if (first === undefined) throw new ControlError(503, 'the agent is not ready yet, or not any more');
    return first;
  }
}
