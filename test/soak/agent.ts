import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { attempt } from '../../src/values/attempt.js';
import type { Kind } from '../faults/conversations/plan.js';
import { Agent } from '../support/agent.js';
import type { Cleanup } from '../support/cleanup.js';
import { askThreads, heapsOf, type ThreadMemory } from './thread-memory.js';

const TELLING = fileURLToPath(new URL('./tell-memory.js', import.meta.url));
/** A strategy with a thread of its own. */
const MODULE = fileURLToPath(new URL('../../../examples/strategy/big-requests.js', import.meta.url));
const MIB = 2 ** 20;

/** A container that has ended is shown for so long. */
const LINGER = '5s';
/** That a client which sends datagrams is gone is seen by its silence alone. */
const SILENT = '10s';

/** What the log has of an agent that is not well. */
const UNWELL = /fault of udscope|a relay thread failed|enrich thread|"level":(?:50|60)|ERROR|FATAL/;

/** What is sampled, and what it may grow by in a soak: never less than so much, and never more than that part of itself. */
export const QUANTITIES = {
  'resident MiB': { least: 16, part: 0.06 },
  'main MiB': { least: 2, part: 0.08 },
  'relay MiB': { least: 2, part: 0.08 },
  'enrich MiB': { least: 3, part: 0.1 },
  'buffers MiB': { least: 2, part: 0.05 },
  // How many are open at a time is chance. None may be left in the end.
  descriptors: { least: 32, part: 0.1 },
  threads: { least: 0, part: 0 },
  series: { least: 10, part: 0.1 },
} as const;

/** Those that are sampled seldom: a garbage collection goes before, and would hide how the process grows between two of its own. */
const HEAPS = ['main MiB', 'relay MiB', 'enrich MiB', 'buffers MiB'] as const;

const NO_HEAPS = Object.fromEntries(HEAPS.map((name) => [name, Number.NaN])) as Record<
  (typeof HEAPS)[number],
  number
>;

type Quantity = keyof typeof QUANTITIES;

/**
 * What a relay thread has from its first use on: a thread that closes descriptors which it has passed. And what the agent has: the pair of
 * sockets by which it asks for a listener of sequenced packets.
 */
const AFTER_USE_OF_THREAD: Held = { descriptors: 4, threads: 1 };
const AFTER_USE: Held = { descriptors: 2, threads: 0 };

/** What runs in a relay thread. */
const RELAY_THREAD = 'thread.js';

/** Descriptors of a relay socket whose upstream has gone. */
const HELD_DESCRIPTORS = 3;

/** In so much time the last client has been seen to be gone, and what is shown for a while has been shown. */
const REST_MS = 30_000;
const LOOK_MS = 100;
const LOOKS_AT_FIRST = 20;

/** How many there are. */
export interface Held {
  readonly descriptors: number;
  readonly threads: number;
}

/** The same before a load, and how many of the threads relay. */
export interface HeldBefore extends Held {
  readonly relayThreads: number;
}

/** NaN: it was not looked at. */
export type Sample = Readonly<Record<Quantity, number>>;

export interface SoakSettings {
  readonly kinds: readonly Kind[];
  /** Where OTLP is pushed to. */
  readonly endpoint: string;
}

/** An agent with all that it can have: relay sockets of each kind, calls, containers, a page, pushes and a control API. */
export class SoakAgent extends Agent {
  readonly #settings: SoakSettings;
  #metricsUrl: string | undefined;
  /** The end of what `complaints` has looked at. */
  #heardTo = 0;

  private constructor(cleanup: Cleanup, settings: SoakSettings) {
    super(cleanup);
    this.#settings = settings;
  }

  static async start(cleanup: Cleanup, settings: SoakSettings): Promise<SoakAgent> {
    const agent = new SoakAgent(cleanup, settings);
    const env = { SOAK_DIRECTORY: agent.directory, NODE_OPTIONS: `--import ${TELLING}` };
    await agent.startWith(agent.#configuration(0), { env });
    return agent;
  }

  listen(name: string): string {
    return join(this.directory, 'relay', name, `${name}.sock`);
  }

  upstream(name: string): string {
    return join(this.directory, `${name}.up`);
  }

  /** Each number is another configuration, of a cycle: of what is captured, of its sockets, strategies and relay threads. */
  reload(number: number): Promise<void> {
    return this.reloadWith(this.#configuration(number));
  }

  /** The output is kept for a while only. */
  override get metricsUrl(): string {
    this.#metricsUrl ??= super.metricsUrl;
    return this.#metricsUrl;
  }

  /** What comes of `action`, or an error with what the agent has said: it may have ended. */
  async explain<T>(action: Promise<T>): Promise<T> {
    try {
      return await action;
    } catch (cause) {
      throw new Error(this.process.describe(), { cause });
    }
  }

  async sample(withHeaps: boolean): Promise<Sample> {
    const { pid } = this.process;
    const page = await this.metrics();
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const sample = {
      'resident MiB': Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024,
      ...this.held(),
      series: [...page.values()].reduce((sum, { samples }) => sum + samples.length, 0),
    };
    return { ...sample, ...(withHeaps ? await this.#heaps() : NO_HEAPS) };
  }

  /** What it has when it has started; meanwhile files of its threads are open. */
  async settled(): Promise<HeldBefore> {
    let { descriptors, threads } = this.held();
    for (let i = 0; i < LOOKS_AT_FIRST; i++) {
      await sleep(LOOK_MS);
      const held = this.held();
      descriptors = Math.min(descriptors, held.descriptors);
      threads = Math.min(threads, held.threads);
    }
    const modules = (await this.#threads()).map(({ module }) => basename(module ?? ''));
    return { descriptors, threads, relayThreads: modules.filter((name) => name === RELAY_THREAD).length };
  }

  /** What is left of a load that is over, when nothing of it is to be left any more. */
  async rest(before: HeldBefore): Promise<{ readonly held: Held; readonly isLeft: boolean }> {
    await this.reload(0);
    const most = {
      descriptors:
        before.descriptors + AFTER_USE.descriptors + HELD_DESCRIPTORS * this.#settings.kinds.length,
      threads: before.threads + AFTER_USE.threads,
    };
    // As many as it had before: those of former settings are to be gone.
    const { relayThreads } = before;
    most.descriptors += relayThreads * AFTER_USE_OF_THREAD.descriptors;
    most.threads += relayThreads * AFTER_USE_OF_THREAD.threads;
    const isLeft = ({ descriptors, threads }: Held) =>
      descriptors > most.descriptors || threads > most.threads;
    const untilMs = performance.now() + REST_MS;
    while (isLeft(this.held()) && performance.now() < untilMs) await sleep(LOOK_MS);
    const held = this.held();
    return { held, isLeft: isLeft(held) };
  }

  held(): Held {
    const { pid } = this.process;
    const count = (kind: string) => readdirSync(`/proc/${pid}/${kind}`).length;
    return { descriptors: count('fd'), threads: count('task') };
  }

  /** Its threads by what they run, and its descriptors by what they are. */
  async describeHeld(): Promise<string> {
    const directory = `/proc/${this.process.pid}/fd`;
    const links = readdirSync(directory).map((fd) => attempt(() => readlinkSync(join(directory, fd))));
    const kinds = links.map((link) => link?.replace(/:\[\d+\]$/, '') ?? 'closed');
    const modules = (await this.#threads()).map(({ module = 'ending' }) => basename(module));
    return `threads ${counted(modules)}; descriptors ${counted(kinds)}`;
  }

  /** What has been said since this was asked last that must not be, by whatever load: of a bug of its own, a thread that fails. */
  complaints(): string[] {
    const said = this.process.outputFrom(this.#heardTo);
    const fresh = said.slice(0, said.lastIndexOf('\n') + 1);
    this.#heardTo = this.process.outputEnd - (said.length - fresh.length);
    return fresh.split('\n').filter((line) => UNWELL.test(line));
  }

  async #heaps(): Promise<Record<(typeof HEAPS)[number], number>> {
    const { main, relay, enrich, external } = heapsOf(await this.#threads());
    return {
      'main MiB': main / MIB,
      'relay MiB': relay / MIB,
      'enrich MiB': enrich / MIB,
      'buffers MiB': external / MIB,
    };
  }

  #threads(): Promise<readonly ThreadMemory[]> {
    return askThreads(join(this.directory, 'memory.sock'));
  }

  #configuration(number: number): unknown {
    const { kinds, endpoint } = this.#settings;
    const further = number % 3 === 2 ? ['further'] : [];
    const limit = { max_bytes: number % 2 === 0 ? 512 : 4096, tail_bytes: 64 };
    const strategy = number % 4 === 3 ? { strategy: 'module', module: MODULE } : limit;
    const pool = number % 5 === 4 ? { buffer_size: '128KiB' } : {};
    const sockets = ['calls', ...kinds, ...further].map((name) => ({
      name,
      listen: this.listen(name),
      upstream: this.upstream(name),
      ...(name === 'seqpacket' || name === 'dgram' ? { type: name } : {}),
      ...(name === 'dgram' ? { idle_timeout: SILENT } : {}),
    }));
    return {
      receivers: { uds: { sockets, ...pool, containers: { directory: join(this.directory, 'containers') } } },
      processors: {
        capture: { ...strategy, directions: ['send', 'recv'] },
        enrich: {},
      },
      exporters: {
        prometheus: { endpoint: 'localhost:0' },
        otlp_http: { endpoint, interval: '2s' },
      },
      extensions: { control: { socket: this.control } },
      service: {
        extensions: ['control'],
        telemetry: { metrics: { linger: LINGER } },
        pipelines: {
          metrics: {
            receivers: ['uds'],
            processors: ['capture', 'enrich'],
            exporters: ['prometheus', 'otlp_http'],
          },
          traces: { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['otlp_http'] },
        },
      },
    };
  }
}

/** How often each name is there. */
function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Array.from(counts, ([name, count]) => `${count} ${name}`).join(', ');
}
