import {
  type AgentControl,
  type ContainerRequest,
  type ContainerStatus,
  ControlError,
} from '../../../src/api/agent.js';
import type { PeerSocketStatus, RegisteredContainer } from '../../../src/api/containers/schema.js';
import type { History, HistoryQuery } from '../../../src/api/history/schema.js';
import type { Reload } from '../../../src/api/reload-schema.js';
import type { SocketStatus } from '../../../src/api/socket-schema.js';
import type { AgentStatus } from '../../../src/api/status-schema.js';
import type { TrafficCounts } from '../../../src/api/traffic.js';
import type { Upgrade } from '../../../src/api/upgrade-schema.js';
import type { FlowGroup, UsagePage, UsageQuery } from '../../../src/api/usage/query.js';
import type { FlowUsage, MethodUsage } from '../../../src/api/usage/schema.js';
import { type UdsSocketConfig, udsSocketSchema } from '../../../src/receivers/uds/config.js';
import { TrafficHistory } from '../../../src/service/history/traffic-history.js';
import { UsageReport } from '../../../src/service/usage/usage-report.js';
import { CountedUsage } from '../../support/counted-usage.js';

export const NO_TRAFFIC: TrafficCounts = {
  active: 0,
  opened: 0,
  errors: 0,
  sendBytes: 0,
  recvBytes: 0,
  sendOps: 0,
  recvOps: 0,
};

export function peerSocket(change: Partial<PeerSocketStatus> = {}): PeerSocketStatus {
  return { name: 'geth', path: '/run/geth.ipc', scope: 'host', counts: NO_TRAFFIC, ...change };
}

export function container(change: Partial<ContainerStatus> = {}): ContainerStatus {
  return { id: 'c0ffee', attributes: {}, origin: 'peer', sockets: [peerSocket()], ...change };
}

/** Remembers what it is told, and relays nothing. */
export class AgentInMemory implements AgentControl<UdsSocketConfig> {
  readonly socketSchema = udsSocketSchema;
  /** What was seen beside what is registered. */
  seen: ContainerStatus[] = [];
  /** While set, nothing can be done. */
  failure: Error | undefined;
  /** How often containers() was called. */
  looks = 0;
  readonly registered: ContainerRequest[] = [];
  /** What methods and flows are counted in. */
  readonly counted = new CountedUsage();
  /** How often methods() or flows() was called. */
  usageLooks = 0;
  /** Its configuration; undefined: it has none. */
  yaml: string | undefined;
  readonly remembered = new TrafficHistory();
  readonly #usage = new UsageReport(() => [this.counted]);
  readonly #sockets = new Map<string, SocketStatus>();
  readonly #containers = new Map<string, ContainerRequest>();

  readonly #startedMs = Date.now() - 125_000;

  reload(): Promise<Reload> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const changes = [{ path: 'exporters.prometheus.endpoint', change: 'changed' as const }];
    return Promise.resolve({ files: ['/etc/udscope/otel-config.yaml'], changes, warnings: ['w\u001b'] });
  }

  upgrade(): Promise<Upgrade> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return Promise.resolve({ pid: 43, draining: { pid: 42, connections: 3 } });
  }

  status(): AgentStatus {
    const receiver = {
      id: 'uds',
      threads: 2,
      sockets: this.#sockets.size,
      down: 1,
      containers: this.#containers.size,
      connections: 3,
      series: 12_345,
      maxSeries: 100_000,
      unattributed: { gone: 2 },
    };
    const startedMs = this.#startedMs;
    return {
      version: '1.2.3',
      pid: 42,
      startedMs,
      configuration: {
        files: ['/etc/udscope/otel-config.yaml'],
        loadedMs: startedMs,
        lastReload: {
          timeMs: startedMs + 60_000,
          error: 'a.yaml:3: exporters: \u001b[2J no map\nb.yaml:1: no',
        },
      },
      receivers: [receiver],
      exporters: [
        {
          id: 'otlphttp',
          signal: 'traces',
          exported: 12_345,
          failed: { rejected: 2 },
          inflight: 7,
          failedAttempts: { unreachable: 3 },
          lastSuccessMs: startedMs + 90_000,
          lastFailure: { timeMs: startedMs + 30_000, reason: 'unreachable' },
          queue: { size: 5, capacity: 1000, dropped: 1 },
        },
        { id: 'prometheus', signal: 'metrics', exported: 0, failed: {}, inflight: 0, failedAttempts: {} },
      ],
      losses: [
        { instrument: 'udscope.enrich.restarts', count: 1 },
        { instrument: 'udscope.enrich.undecodable', reason: 'malformed', count: 3 },
      ],
    };
  }

  sockets(): SocketStatus[] {
    return [...this.#sockets.values()];
  }

  containers(): ContainerStatus[] {
    this.looks++;
    const registered = Array.from(this.#containers.values(), (registration) => ({
      id: registration.id,
      ...(registration.namespace === undefined ? {} : { namespace: registration.namespace }),
      attributes: { 'container.id': registration.id, ...registration.attributes },
      origin: 'control' as const,
      sockets: registration.sockets.map(({ path, upstream }) => peerSocket({ path, name: upstream })),
      registration,
    }));
    return [...registered, ...this.seen];
  }

  methods(query: UsageQuery, signal: AbortSignal): Promise<UsagePage<MethodUsage>> {
    this.usageLooks++;
    return this.#usage.methods(query, signal);
  }

  flows(group: FlowGroup, query: UsageQuery, signal: AbortSignal): Promise<UsagePage<FlowUsage>> {
    this.usageLooks++;
    return this.#usage.flows(group, query, signal);
  }

  history(query: HistoryQuery): History {
    return this.remembered.read(query);
  }

  configuration(): string {
    if (this.yaml === undefined) throw new ControlError(409, 'this agent has no configuration of its own');
    return this.yaml;
  }

  async addSocket({ name, listen, upstream, takeover, container }: UdsSocketConfig): Promise<SocketStatus> {
    if (this.failure !== undefined) throw this.failure;
    if (this.#sockets.has(name)) throw new ControlError(409, `there is a socket ${name} already`);
    const socket: SocketStatus = {
      name,
      receiver: 'uds',
      listen,
      upstream,
      type: 'stream',
      takeover,
      appearance: 'shown',
      origin: 'control',
      container: container?.id,
      counts: NO_TRAFFIC,
    };
    this.#sockets.set(name, socket);
    return socket;
  }

  async removeSocket(name: string): Promise<void> {
    if (!this.#sockets.delete(name)) throw new ControlError(404, `there is no socket ${name}`);
  }

  async registerContainer(request: ContainerRequest): Promise<RegisteredContainer> {
    if (this.failure !== undefined) throw this.failure;
    this.registered.push(request);
    this.#containers.set(keyOf(request.id, request.namespace), request);
    const isRefused = ({ within }: { within?: string | undefined }) => within === '/nothing';
    const refused = request.sockets
      .filter(isRefused)
      .map(({ path }) => ({ path, reason: 'nothing is there' }));
    const sockets = request.sockets
      .filter((socket) => !isRefused(socket))
      .map(({ path, upstream }) => ({ path, upstream, listen: `/run/r${path}` }));
    return { id: request.id, sockets, refused };
  }

  async unregisterContainer(id: string, namespace?: string): Promise<void> {
    if (!this.#containers.delete(keyOf(id, namespace))) {
      throw new ControlError(404, `no container "${id}" is registered`);
    }
  }
}

function keyOf(id: string, namespace = ''): string {
  return `${namespace}\0${id}`;
}
