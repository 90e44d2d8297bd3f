import { pid } from 'node:process';
import {
  type AgentControl,
  type AgentStatus,
  type ContainerRequest,
  type ContainerStatus,
  ControlError,
  type RegisteredContainer,
  type SocketStatus,
} from '../api/agent.js';
import { Serial } from '../async/serial.js';
import { UNATTRIBUTED_REASONS } from '../identity/process-snapshot.js';
import { type ControlPlace, misplacements } from '../layout/places.js';
import { realSocketPath } from '../linux/real-socket-path.js';
import { ListenError } from '../linux/unix-listener.js';
import type { UdsSocketConfig } from '../receivers/uds/config.js';
import type { UdsReceiver } from '../receivers/uds/receiver.js';
import { containerReport, type ReportedSocket } from '../receivers/uds/report/container-report.js';
import { trafficCounts } from '../receivers/uds/report/traffic-counts.js';
import { LoopError } from '../receivers/uds/sockets/hop-book.js';
import { CredentialsError } from '../receivers/uds/sockets/socket-credentials.js';
import { quote } from '../values/quote.js';
import { VERSION } from '../version.js';
import type { RunningReceiver } from './running-receiver.js';

/** What the control extension can ask of the agent, and have it do. */
export class AgentController implements AgentControl {
  readonly #receivers: () => ReadonlyMap<string, RunningReceiver>;
  readonly #controls: () => readonly ControlPlace[];
  readonly #startedMs = Date.now();
  /** Sockets are added one after the other: two of one name may be asked for at the same time. */
  readonly #additions = new Serial();

  /** `receivers`: those that run at the moment; `controls`: where the agent is controlled. */
  constructor(
    receivers: () => ReadonlyMap<string, RunningReceiver>,
    controls: () => readonly ControlPlace[] = () => [],
  ) {
    this.#receivers = receivers;
    this.#controls = controls;
  }

  status(): AgentStatus {
    const receivers = Array.from(this.#receivers(), ([id, running]) => describeReceiver(id, running));
    return { version: VERSION, pid, startedMs: this.#startedMs, receivers };
  }

  sockets(): SocketStatus[] {
    return Array.from(this.#receivers()).flatMap(([id, { receiver }]) => {
      receiver.drainReports();
      return socketsOf(receiver).map((reported) => describeSocket(id, receiver, reported));
    });
  }

  containers(): ContainerStatus[] {
    return Array.from(this.#receivers().values()).flatMap(({ receiver, containerSockets }) => {
      receiver.drainReports();
      return containerReport(socketsOf(receiver), (id, namespace) =>
        containerSockets.requestOf(id, namespace),
      );
    });
  }

  addSocket(socket: UdsSocketConfig): Promise<SocketStatus> {
    return this.#additions.run(() => this.#addSocket(socket));
  }

  async #addSocket(socket: UdsSocketConfig): Promise<SocketStatus> {
    for (const { receiver } of this.#receivers().values()) {
      const isTaken = ({ config }: { config: UdsSocketConfig }) => config.name === socket.name;
      if (socket.container === null && [...receiver.sockets].some(isTaken)) {
        throw new ControlError(409, `there is a socket ${quote(socket.name)} already; give another name`);
      }
    }
    const [id, { receiver }] = this.#first();
    this.#checkPlaces(socket);
    try {
      await receiver.add(socket);
    } catch (error) {
      if (error instanceof CredentialsError || error instanceof LoopError) {
        throw new ControlError(422, error.message, { cause: error });
      }
      if (!(error instanceof ListenError)) throw error;
      throw new ControlError(409, error.message, { cause: error });
    }
    const added = socketsOf(receiver).find(({ socket: { config } }) => config.listen === socket.listen);
    if (added === undefined)
      throw new ControlError(409, `${quote(socket.listen)} has been removed meanwhile`);
    return describeSocket(id, receiver, added);
  }

  /** Where sockets of containers are made, nobody else's may be in the way; nor where the agent is controlled. */
  #checkPlaces({ listen, upstream }: UdsSocketConfig): void {
    const directories = Array.from(this.#receivers().values()).flatMap(({ receiver }) => {
      const path = receiver.settings?.config.containers.directory;
      return path === undefined ? [] : [{ path, at: undefined }];
    });
    for (const { path } of directories) {
      if (!isBelow(realSocketPath(listen), realSocketPath(path))) continue;
      throw new ControlError(
        422,
        `${quote(listen)} is among the sockets of containers; give a path outside of ${quote(path)}`,
      );
    }
    const [misplaced] = misplacements({
      controls: this.#controls().map((control) => ({ ...control, at: undefined })),
      listens: [{ path: listen, at: undefined }],
      upstreams: [{ path: upstream, at: undefined }],
      directories,
    });
    if (misplaced !== undefined) {
      throw new ControlError(422, `${quote(misplaced.path)} ${misplaced.message}`);
    }
  }

  async removeSocket(name: string): Promise<void> {
    for (const { receiver } of this.#receivers().values()) {
      const found = socketsOf(receiver).filter(({ socket: { config } }) => config.name === name);
      const added = found.find(
        ({ origin, socket: { config } }) => origin === 'control' && config.path === undefined,
      );
      if (added !== undefined) {
        await receiver.remove(added.socket.config.listen, false);
        return;
      }
      if (found.some(({ origin }) => origin === 'configuration')) {
        throw new ControlError(
          409,
          `${quote(name)} is a socket of the configuration file; remove it there and reload`,
        );
      }
      if (found.length > 0) {
        throw new ControlError(
          409,
          `${quote(name)} is a socket of a container; remove it with that container`,
        );
      }
    }
    throw new ControlError(404, `there is no socket ${quote(name)}`);
  }

  async registerContainer(request: ContainerRequest): Promise<RegisteredContainer> {
    const running = [...this.#receivers().values()].find(({ containerSockets }) =>
      containerSockets.has(request.id, request.namespace),
    );
    return (running ?? this.#first()[1]).containerSockets.register(request);
  }

  async unregisterContainer(id: string, namespace?: string): Promise<void> {
    for (const { containerSockets } of this.#receivers().values()) {
      if (containerSockets.has(id, namespace)) {
        await containerSockets.unregister(id, namespace);
        return;
      }
    }
    throw new ControlError(404, `no container ${quote(id)} is registered`);
  }

  /** What is added at run time goes to the first receiver. */
  #first(): readonly [string, RunningReceiver] {
    for (const entry of this.#receivers()) return entry;
    throw new ControlError(503, 'the agent is not ready yet, or not any more');
  }
}

function socketsOf(receiver: UdsReceiver): ReportedSocket[] {
  return Array.from(receiver.sockets, (socket) => {
    const { listen } = socket.config;
    const { relaying } = socket;
    return {
      socket,
      origin: receiver.isAdded(listen) ? 'control' : 'configuration',
      relayings: [...(relaying === undefined ? [] : [relaying]), ...receiver.drainingOf(listen)],
    };
  });
}

function describeSocket(
  id: string,
  receiver: UdsReceiver,
  { socket, origin, relayings }: ReportedSocket,
): SocketStatus {
  const { name, listen, upstream, container } = socket.config;
  const counts = trafficCounts(relayings.map((relaying) => relaying.totals()));
  const problem = receiver.problemOf(listen);
  return {
    ...{ name, receiver: id, listen, upstream, origin, container: container?.id, counts },
    ...(problem === undefined ? {} : { problem }),
  };
}

function describeReceiver(id: string, { receiver, table, attribution }: RunningReceiver) {
  receiver.drainReports();
  const sockets = socketsOf(receiver);
  const totals = attribution.readings().reduce(
    (sums, reading) => sums.map((sum, i) => sum + reading.totals[i]),
    UNATTRIBUTED_REASONS.map(() => 0),
  );
  return {
    id,
    threads: receiver.threads,
    sockets: sockets.length,
    containers: containerReport(sockets).filter((container) => container.id !== undefined).length,
    connections: trafficCounts(sockets.flatMap(({ relayings }) => relayings.map((each) => each.totals())))
      .active,
    series: table.size,
    maxSeries: table.maxSeries,
    unattributed: Object.fromEntries(
      UNATTRIBUTED_REASONS.map((reason, i) => [reason, totals[i]] as const).filter(([, count]) => count > 0),
    ),
  };
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`);
}
