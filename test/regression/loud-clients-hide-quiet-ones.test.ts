import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { CapturingAgent, type Counts } from '../support/capturing-agent.js';
import { Child } from '../support/child.js';
import { type Cleanup, useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';

/** The calls of the quiet client, and how far they are apart, in ms. */
const CALLS = 10;
const APART_MS = 5;

const SERVICE = 'service';
const DROPPED = 'udscope_capture_dropped_records_total';

interface Loud {
  /** What it says, as of test/support/loud.ts, on how many connections of how many processes. */
  readonly kind: string;
  readonly connections?: number;
  readonly processes?: number;
  /** The service talks back as loudly. */
  readonly isAnswered?: boolean;
}

interface Case {
  readonly title: string;
  readonly capture?: object;
  /** Containers, and in each how loud it is on each of its sockets. */
  readonly louds: readonly (readonly Loud[])[];
  /** Whether nobody could take in all that they say. */
  readonly isLost?: boolean;
}

const BATCHES: Loud = { kind: 'batches', connections: 4 };

const cases: Case[] = [
  { title: 'many messages', louds: [[BATCHES]], isLost: true },
  { title: 'several processes', louds: [[{ ...BATCHES, processes: 3 }]], isLost: true },
  {
    title: 'many messages in both directions',
    louds: [[{ ...BATCHES, isAnswered: true }]],
    isLost: true,
  },
  {
    title: 'large messages that are captured whole',
    capture: { strategy: 'full', directions: ['send', 'recv'] },
    louds: [[{ kind: 'large', connections: 4 }]],
    isLost: true,
  },
  {
    title: 'two containers, one of them on several sockets',
    louds: [[BATCHES, { kind: 'large' }, BATCHES], [BATCHES]],
    isLost: true,
  },
  { title: 'texts without line feeds', louds: [[{ kind: 'texts', connections: 4 }]], isLost: true },
  { title: 'many operations', louds: [[{ kind: 'small', connections: 8 }]] },
  { title: 'a thousand connections, each of them calm', louds: [[{ kind: 'calm', connections: 1000 }]] },
  { title: 'connections that end behind a message', louds: [[{ kind: 'short', connections: 20 }]] },
];

/** An agent with a socket `quiet` of a container of its own, and those of loud containers, through one relay thread. */
class Neighbours {
  readonly agent: CapturingAgent;
  readonly #cleanup: Cleanup;
  readonly #loud: { readonly loud: Loud; readonly name: string; readonly container: string }[];

  constructor(cleanup: Cleanup, { louds }: Case) {
    this.#cleanup = cleanup;
    this.agent = new CapturingAgent(cleanup);
    this.#loud = louds.flatMap((ofContainer, c) =>
      ofContainer.map((loud, s) => ({ loud, name: `loud-${c}-${s}`, container: `loud-${c}` })),
    );
  }

  async start({ capture }: Case): Promise<void> {
    const socketOf = (name: string, container: string) => ({
      name,
      listen: this.#listen(name),
      upstream: this.#path(`${name}-${SERVICE}`),
      container: { id: container },
    });
    const sockets = [
      socketOf('quiet', 'quiet'),
      ...this.#loud.map(({ name, container }) => socketOf(name, container)),
    ];
    await this.agent.start({
      receiver: { threads: 1, sockets },
      ...(capture === undefined ? {} : { capture }),
    });
    await LineService.listen(this.#cleanup, this.#path(`quiet-${SERVICE}`));
  }

  /** All of them are at it. They begin together: those that are loud already would hold up the start of others. */
  async shout(): Promise<Child[]> {
    const services: Child[] = [];
    const clients: Child[] = [];
    const run = async (children: Child[], ...args: unknown[]) => {
      const child = Child.start(this.#cleanup, 'loud', args);
      children.push(child);
      await child.hear();
    };
    for (const { loud, name } of this.#loud) {
      const { kind, connections = 1, processes = 1, isAnswered = false } = loud;
      const service = this.#path(`${name}-${SERVICE}`);
      await run(services, ...(isAnswered ? ['listen', service, kind] : ['sink', service]));
      for (let i = 0; i < processes; i++) await run(clients, 'wait', this.#listen(name), kind, connections);
    }
    for (const client of clients) client.say('now');
    return [...services, ...clients];
  }

  connect(): Promise<LineClient> {
    return LineClient.connect(this.#cleanup, this.#listen('quiet'));
  }

  /** Of a metric, what each container has, its samples added up. */
  async of(name: string, suffix?: string): Promise<Counts> {
    const counts = new Map<string, number>();
    for (const sample of (await this.agent.metrics()).get(name)?.samples ?? []) {
      if (sample.suffix !== suffix) continue;
      const { container_id: id = '' } = sample.labels;
      counts.set(id, (counts.get(id) ?? 0) + sample.value);
    }
    return Object.fromEntries(counts);
  }

  /** Each loud container has lost something. */
  async waitForLosses(): Promise<void> {
    await this.agent.until('what is lost of each loud container', async () => {
      const dropped = await this.of(DROPPED);
      return this.#loud.every(({ container }) => (dropped[container] ?? 0) > 0);
    });
  }

  #listen(name: string): string {
    return this.#path(`relay-${name}/sock`);
  }

  #path(name: string): string {
    return `${this.agent.directory}/${name}.sock`;
  }
}

describe('calls of a quiet client beside', () => {
  const cleanup = useCleanup();

  for (const each of cases) {
    it(`${each.title} are all decoded, and what is lost is lost of the others`, async () => {
      const neighbours = new Neighbours(cleanup, each);
      await neighbours.start(each);
      const client = await neighbours.connect();
      await client.call('first');
      const children = await neighbours.shout();
      for (let i = 1; i < CALLS; i++) {
        await client.call('quiet');
        await sleep(APART_MS);
      }
      if (each.isLost === true) await neighbours.waitForLosses();
      await Promise.all(children.map((child) => child.kill('SIGKILL')));
      await waitFor('the calls of the quiet client to be counted with their durations', async () => {
        const counted = await neighbours.of('rpc_server_call_duration_seconds', '_count');
        return counted['quiet'] === CALLS;
      });
      assert.equal((await neighbours.of('uds_method_calls_total'))['quiet'], CALLS);
      assert.equal((await neighbours.of(DROPPED))['quiet'] ?? 0, 0);
    });
  }
});
