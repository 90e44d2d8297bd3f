import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../support/agent.js';
import type { Cleanup } from '../support/cleanup.js';
import { waitFor } from '../support/process.js';
import { RawStream } from '../support/raw-stream.js';

const PATIENCE_MS = 30_000;
const SETTLED_MS = 100;

export const SOCKETS = ['talk', 'quiet', 'hostile'] as const;
export type SocketName = (typeof SOCKETS)[number];

/** How the agent is configured at the moment: a reload changes it. */
export interface AgentVariant {
  readonly threads: number;
  readonly maxBytes: number;
  readonly bufferKib: number;
}

export const FIRST_VARIANT: AgentVariant = { threads: 1, maxBytes: 512, bufferKib: 256 };

/** An agent as a user has it: three sockets, each of a container of its own, captured both ways and decoded. */
export class FaultedAgent extends Agent {
  /** @param limit shell code that runs first, as `ulimit -n 256` */
  static async start(cleanup: Cleanup, limit?: string): Promise<FaultedAgent> {
    const agent = new FaultedAgent(cleanup);
    await agent.startWith(agent.#configuration(FIRST_VARIANT), { limit });
    await agent.#warmUp(cleanup);
    return agent;
  }

  listen(name: SocketName): string {
    return join(this.directory, 'relay', name, `${name}.sock`);
  }

  upstream(name: SocketName): string {
    return join(this.directory, `${name}.up`);
  }

  get pid(): number {
    return this.process.pid;
  }

  get output(): string {
    return this.process.output;
  }

  /** Throws unless it is still there. */
  check(): void {
    if (this.process.exit !== undefined) throw new Error(this.process.describe());
  }

  /** Has it load another configuration; does not wait for that. */
  reload(variant: AgentVariant): void {
    this.write(this.#configuration(variant));
    this.process.signal('SIGHUP');
  }

  /** Descriptors that it may have at rest: its relay thread keeps a socket ready for the next client, now and then. */
  allowance(): number {
    return this.descriptors() + FIRST_VARIANT.threads;
  }

  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Resident memory, in MiB. */
  residentMib(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  /** Waits until no connection and no more descriptors than `descriptors` are left. */
  async settle(descriptors: number): Promise<{ connections: number; descriptors: number }> {
    let last = { connections: Number.NaN, descriptors: Number.NaN };
    try {
      await waitFor(
        'the agent to let go of everything',
        async () => {
          last = {
            connections: await this.sum('uds_connections_active', {}),
            descriptors: this.descriptors(),
          };
          return last.connections === 0 && last.descriptors <= descriptors;
        },
        { timeoutMs: PATIENCE_MS, intervalMs: 200 },
      );
    } catch {
      // What is left is what the report says.
    }
    return last;
  }

  async stop(): Promise<number | null> {
    return (await this.process.stop(PATIENCE_MS)).code;
  }

  /** What is opened once and kept, a first connection opens: its upstream is not there yet. */
  async #warmUp(cleanup: Cleanup): Promise<void> {
    const stream = RawStream.connect(this.listen('quiet'), cleanup);
    await stream.receiveAll();
    stream.close();
    await this.settle(Number.POSITIVE_INFINITY);
    await sleep(SETTLED_MS);
  }

  #configuration({ threads, maxBytes, bufferKib }: AgentVariant): unknown {
    const sockets = SOCKETS.map((name) => ({
      name,
      listen: this.listen(name),
      upstream: this.upstream(name),
      container: { id: name },
    }));
    const receiver = { threads, buffer_size: `${bufferKib}KiB`, sockets };
    const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] };
    return {
      receivers: { uds: receiver },
      processors: {
        capture: { max_bytes: maxBytes, tail_bytes: 64, directions: ['send', 'recv'] },
        enrich: {},
      },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: pipeline } },
    };
  }
}
