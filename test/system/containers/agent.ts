/** `udscope run` in front of the sockets of a test, and what its /metrics page says of each container. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Agent, hasLabels, type Labels } from '../../support/agent.js';
import type { Report } from './client.js';

export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What the page says of some series, in the words of a client. */
export type Counted = Omit<Report, 'errors'>;

export interface AgentOptions {
  /** As in the configuration file. */
  readonly sockets?: readonly object[];
  /** How long series of what has ended are still shown; a minute by default. */
  readonly linger?: string;
}

/** All that is counted for a container, or a process of the host. */
const PEER_LABELS = ['container_id', 'process_executable_name'];

export class ContainerAgent extends Agent {
  /** Where relay sockets of containers are made. */
  readonly containers = join(this.directory, 'private/containers');

  /** Starts it, after its end also again. */
  start({ sockets = [], linger = '1m' }: AgentOptions = {}): Promise<this> {
    const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] };
    return this.startWith({
      receivers: { uds: { sockets, containers: { directory: this.containers } } },
      // Every call is to be counted, however long a busy machine keeps the enrich thread from reading.
      processors: {
        capture: { strategy: 'full', ring_buffer: { entries: 65_536, max_bytes: '64MiB' } },
        enrich: {},
      },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      extensions: { control: { socket: this.control } },
      service: {
        extensions: ['control'],
        telemetry: { metrics: { linger } },
        pipelines: { metrics: pipeline },
      },
    });
  }

  /** Every series of a metric, or of all that udscope counts for sockets. */
  async series(labels: Labels = {}, name = /^(?:uds|rpc)_/): Promise<Series[]> {
    const families = [...(await this.metrics()).values()];
    return families
      .flatMap(({ name: family, samples }) => samples.map((sample) => ({ ...sample, name: family })))
      .filter((series) => name.test(series.name) && hasLabels(series.labels, labels));
  }

  async counted(labels: Labels): Promise<Counted> {
    const series = await this.series(labels);
    const of = (name: string) => series.filter((each) => each.name === name);
    const sum = (name: string) => of(name).reduce((total, { value }) => total + value, 0);
    const calls: Record<string, number> = {};
    for (const { labels: own, value } of of('uds_method_calls_total')) {
      const method = own['rpc_method'] ?? '';
      calls[method] = (calls[method] ?? 0) + value;
    }
    return {
      connections: sum('uds_connections_opened_total'),
      calls,
      sentBytes: sum('uds_send_bytes_total'),
      receivedBytes: sum('uds_recv_bytes_total'),
    };
  }

  /** Waits until it has counted what a client reports, and compares. */
  async assertCounted(labels: Labels, { errors, ...report }: Report): Promise<void> {
    assert.deepEqual(errors, []);
    const total = sumOf(report);
    await this.until(`${total} bytes, calls and connections`, async () => {
      return sumOf(await this.counted(labels)) >= total;
    }).catch(async (error: Error) => {
      assert.deepEqual(await this.counted(labels), report, error.message);
    });
    assert.deepEqual(await this.counted(labels), report);
  }

  /** Whoever anything is counted for, as the value of the label that says so, sorted. */
  async peers(): Promise<string[]> {
    const series = await this.series();
    const peers = series.map(({ labels }) => PEER_LABELS.map((label) => labels[label]).find(Boolean) ?? '');
    return [...new Set(peers)].sort();
  }

  /** Waits until a container has called something. */
  untilCalled(id: string): Promise<unknown> {
    const called = async () => (await this.sum('uds_method_calls_total', { container_id: id })) > 0;
    return this.until(`calls of ${id}`, called);
  }
}

/** Of several reports. */
export function together(reports: readonly Report[]): Report {
  const calls: Record<string, number> = {};
  for (const report of reports) {
    for (const [method, count] of Object.entries(report.calls)) calls[method] = (calls[method] ?? 0) + count;
  }
  const sum = (key: 'connections' | 'sentBytes' | 'receivedBytes') =>
    reports.reduce((total, report) => total + report[key], 0);
  return {
    calls,
    connections: sum('connections'),
    sentBytes: sum('sentBytes'),
    receivedBytes: sum('receivedBytes'),
    errors: reports.flatMap(({ errors }) => errors),
  };
}

/** One number that is reached when all of them are. */
function sumOf({ connections, calls, sentBytes, receivedBytes }: Counted): number {
  return Object.values(calls).reduce((sum, count) => sum + count, connections + sentBytes + receivedBytes);
}
