import { type ContainerStatus, ControlError } from '../../api/agent.js';
import type { SocketStatus } from '../../api/socket-schema.js';
import type { AgentStatus } from '../../api/status-schema.js';
import { UNATTRIBUTED_REASONS } from '../../identity/process-snapshot.js';
import { ListenError } from '../../linux/unix-listener.js';
import type { SeriesTable } from '../../telemetry/series-table.js';
import { quote } from '../../values/quote.js';
import type { UdsSocketConfig } from './config.js';
import type { ContainerSockets } from './containers/container-sockets.js';
import type { UdsReceiver } from './receiver.js';
import { containerReport, type ReportedSocket } from './report/container-report.js';
import { trafficCounts } from './report/traffic-counts.js';
import { LoopError } from './sockets/hop-book.js';
import type { RelaySocket } from './sockets/relay-socket.js';
import { CredentialsError } from './sockets/socket-credentials.js';

export interface UdsReceiverControlSettings {
  readonly id: string;
  readonly receiver: UdsReceiver;
  readonly containerSockets: ContainerSockets;
  readonly table: SeriesTable;
  /** Of ATTRIBUTION_INSTRUMENTS. */
  readonly attribution: SeriesTable;
}

/** What the control API shows of a receiver, and changes in it. All that it shows is as of this moment. */
export class UdsReceiverControl {
  readonly #settings: UdsReceiverControlSettings;
  /** Sockets of containers that are announced. */
  readonly containerSockets: ContainerSockets;

  constructor(settings: UdsReceiverControlSettings) {
    this.#settings = settings;
    this.containerSockets = settings.containerSockets;
  }

  status(): AgentStatus['receivers'][number] {
    const { id, receiver, table, attribution } = this.#settings;
    const sockets = this.#sockets();
    const totals = attribution.readings().map((reading) => reading.totals);
    const unattributed = UNATTRIBUTED_REASONS.map(
      (reason, i) => [reason, totals.reduce((sum, row) => sum + row[i], 0)] as const,
    );
    return {
      id,
      threads: receiver.threads,
      sockets: sockets.length,
      down: sockets.filter(({ socket }) => isDown(socket, receiver)).length,
      containers: containerReport(sockets).filter((container) => container.id !== undefined).length,
      connections: trafficCounts(sockets.flatMap(rowsOf)).active,
      series: table.size,
      maxSeries: table.maxSeries,
      unattributed: Object.fromEntries(unattributed.filter(([, count]) => count > 0)),
    };
  }

  sockets(): SocketStatus[] {
    return this.#sockets().map((reported) => this.#describe(reported));
  }

  containers(): ContainerStatus[] {
    return containerReport(this.#sockets(), (id, namespace) =>
      this.containerSockets.requestOf(id, namespace),
    );
  }

  /** Whether a socket has this name. */
  has(name: string): boolean {
    return Array.from(this.#settings.receiver.sockets).some(({ config }) => config.name === name);
  }

  /** Where sockets of containers are made; undefined before there is a configuration. */
  get containersDirectory(): string | undefined {
    return this.#settings.receiver.settings?.config.containers.directory;
  }

  /** @throws ControlError */
  async addSocket(socket: UdsSocketConfig): Promise<SocketStatus> {
    try {
      await this.#settings.receiver.add(socket);
    } catch (error) {
      if (error instanceof CredentialsError || error instanceof LoopError) {
        throw new ControlError(422, error.message, { cause: error });
      }
      if (!(error instanceof ListenError)) throw error;
      throw new ControlError(409, error.message, { cause: error });
    }
    const added = this.#sockets().find(({ socket: { config } }) => config.listen === socket.listen);
    if (added === undefined)
      throw new ControlError(409, `${quote(socket.listen)} has been removed meanwhile`);
    return this.#describe(added);
  }

  /** False when there is no such socket. @throws ControlError when it was not added at run time */
  async removeSocket(name: string): Promise<boolean> {
    const found = this.#sockets().filter(({ socket: { config } }) => config.name === name);
    const isOfContainer = ({ socket: { config } }: ReportedSocket) => config.path !== undefined;
    const added = found.find((each) => each.origin === 'control' && !isOfContainer(each));
    if (added !== undefined) {
      await this.#settings.receiver.remove(added.socket.config.listen, false);
    } else if (found.some(({ origin }) => origin === 'configuration')) {
      throw new ControlError(
        409,
        `${quote(name)} is a socket of the configuration file; remove it there and reload`,
      );
    } else if (found.length > 0) {
      throw new ControlError(409, `${quote(name)} is a socket of a container; remove it with that container`);
    }
    return added !== undefined;
  }

  #sockets(): ReportedSocket[] {
    const { receiver } = this.#settings;
    receiver.drainReports();
    return Array.from(receiver.sockets, (socket) => {
      const { listen } = socket.config;
      const origin = receiver.isAdded(listen) ? 'control' : 'configuration';
      return { socket, origin, leaving: receiver.leavingAt(listen) };
    });
  }

  #describe(reported: ReportedSocket): SocketStatus {
    const { id, receiver } = this.#settings;
    const { config, file } = reported.socket;
    const { name, listen, upstream, takeover, container } = config;
    const problem = receiver.problemOf(listen);
    return {
      ...{ name, receiver: id, listen, upstream, type: file.type, takeover, appearance: file.appearance },
      ...{ origin: reported.origin, container: container?.id },
      ...(problem === undefined ? {} : { problem }),
      protocols: [...new Set(socketsOf(reported).flatMap(({ protocols }) => [...protocols]))].sort(),
      counts: trafficCounts(rowsOf(reported)),
    };
  }
}

function isDown({ file, config }: RelaySocket, receiver: UdsReceiver): boolean {
  return file.appearance !== 'shown' || receiver.problemOf(config.listen) !== undefined;
}

function rowsOf(reported: ReportedSocket): Float64Array[] {
  return socketsOf(reported).flatMap((each) => each.totals() ?? []);
}

function socketsOf({ socket, leaving }: ReportedSocket): RelaySocket[] {
  return [socket, ...leaving];
}
