import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Upgrade } from '../../src/api/upgrade-schema.js';
import { monotonicMs } from '../../src/linux/clock.js';
import { attempt } from '../../src/values/attempt.js';
import { Agent } from '../support/agent.js';
import { Cleanup } from '../support/cleanup.js';
import { waitFor } from '../support/process.js';
import { RawListener, RawStream } from '../support/raw-stream.js';
import { fetchThrough } from '../support/socket-fetch.js';
import { childrenOf, endProcess } from '../support/supervised.js';
import { type AgentVariant, agentConfiguration, FIRST_VARIANT, type Ring } from './agent-configuration.js';
import type { Outages } from './conversations/outages.js';
import type { Kind } from './conversations/plan.js';
import { FailingSocket } from './failing-socket.js';
import type { Fault } from './programs/failing-strategy.js';

const PATIENCE_MS = 30_000;
/** Of a thread that closes descriptors. */
const CLOSING_DESCRIPTORS = 3;
/** Of a relay socket whose upstream has gone. */
const HELD_DESCRIPTORS = 3;
const SETTLED_MS = 100;

/** More relay threads that fail in a minute end the agent, as they are meant to. */
const FAILURES_MAX = 3;
const FAILURES_WITHIN_MS = 61_000;

/** Sockets of hostile and quiet clients: one for each of them, and one that is anybody's. */
const HOSTILITY = ['quiet', 'hostile', 'shared'] as const;

/** Those, and one for each kind of conversation, named after it. */
export type SocketName = (typeof HOSTILITY)[number] | Kind;

export interface FaultedAgentOptions {
  /** What is talked in, besides quiet and hostile streams. */
  readonly kinds?: readonly Kind[];
  /** Shell code that runs first, as `ulimit -n 256`. */
  readonly limit?: string | undefined;
  readonly isSupervised?: boolean | undefined;
  /** Whether its threads fail when they are asked to (../support/failing-thread.ts). */
  readonly canFail?: boolean;
  /** Whether it can be asked to have another one take over; only with a supervisor. */
  readonly canUpgrade?: boolean;
  /** What is captured and not read yet, at most. Default: the agent's own. */
  readonly ring?: Ring;
  /** Relay threads. Default: those of FIRST_VARIANT. */
  readonly threads?: number;
  /** The upstream of the socket that is anybody's, if it is another agent's. */
  readonly sharedUpstream?: string | undefined;
}

const FAILING = fileURLToPath(new URL('../support/failing-thread.js', import.meta.url));
const THREAD_FAILED = /a relay thread failed/g;
const CAPTURE_FAILED = /nothing of failing is captured any more/g;
const RELOADED = /configuration reloaded/g;
const READY = /udscope is ready/g;

/** An agent as a user has it: a few sockets, some of a container of its own, captured both ways and decoded. */
export class FaultedAgent extends Agent {
  readonly #options: FaultedAgentOptions;
  /** The agent's own pid once its supervisor is gone. */
  #orphan: number | undefined;
  /** The pid of the one that has taken over last, if one has. */
  #successor: number | undefined;
  readonly #ask: typeof fetch;
  readonly #failedMs: number[] = [];
  readonly #failing: FailingSocket | undefined;
  #variant: AgentVariant;
  /** Whether what it has counted began anew. */
  hasLostCounts = false;
  /** How often a relay socket may have been given to other threads, or to another agent. */
  changes = 0;

  private constructor(cleanup: Cleanup, options: FaultedAgentOptions) {
    super(cleanup);
    this.#options = options;
    this.#variant = { ...FIRST_VARIANT, threads: options.threads ?? FIRST_VARIANT.threads };
    this.#ask = fetchThrough(cleanup, this.control);
    this.#failing = options.canFail === true ? new FailingSocket(this.directory) : undefined;
  }

  static async start(cleanup: Cleanup, options: FaultedAgentOptions = {}): Promise<FaultedAgent> {
    const agent = new FaultedAgent(cleanup, options);
    const { limit, isSupervised = false, canFail = false } = options;
    const env = canFail ? { DIRECTORY: agent.directory, NODE_OPTIONS: `--import ${FAILING}` } : {};
    await agent.#failing?.start(cleanup);
    await agent.startWith(agent.#configuration(), { limit, isSupervised, env });
    // A supervisor that is killed leaves its agent alone.
    if (isSupervised) cleanup.defer(() => agent.#endAlone());
    await agent.#warmUp(cleanup);
    return agent;
  }

  listen(name: SocketName): string {
    return join(this.directory, 'relay', name, `${name}.sock`);
  }

  upstream(name: SocketName): string {
    const { sharedUpstream } = this.#options;
    if (name === 'shared' && sharedUpstream !== undefined) return sharedUpstream;
    return join(this.directory, `${name}.up`);
  }

  get pid(): number {
    if (this.#options.isSupervised !== true) return this.process.pid;
    // The eldest child: a standby is started later.
    return this.#orphan ?? this.#successor ?? Math.min(...childrenOf(this.process.pid));
  }

  get output(): string {
    return this.process.output;
  }

  /** Throws unless it is still there. */
  check(): void {
    if (this.#orphan !== undefined) process.kill(this.#orphan, 0);
    else if (this.process.exit !== undefined) throw new Error(this.process.describe());
  }

  /** Has it load another configuration; does not wait for that. */
  reload(variant: AgentVariant): void {
    this.changes++;
    this.#variant = variant;
    this.write(this.#configuration());
    process.kill(this.#orphan ?? this.process.pid, 'SIGHUP');
  }

  /** Kills it; its supervisor starts another. What is excused is what was there while it ended, and nothing that came later. */
  async kill(outages: Outages): Promise<void> {
    const { pid } = this;
    const times = this.#count(READY);
    const isOver = outages.begin(monotonicMs);
    this.hasLostCounts = true;
    process.kill(pid, 'SIGKILL');
    await waitFor('the agent to end', () => !isAlive(pid), { intervalMs: 1 });
    isOver();
    await waitFor('another agent', () => this.#count(READY) > times, { process: this.process });
  }

  /** Has another agent take over, which costs nobody anything; the one before relays what it has to the end. */
  async upgrade(): Promise<void> {
    this.changes++;
    const response = await this.#ask('http://localhost/v1/upgrade', { method: 'POST' });
    const text = await response.text();
    if (!response.ok) throw new Error(`upgrade: ${response.status} ${text}`);
    const { pid, draining } = JSON.parse(text) as Upgrade;
    this.#successor = pid;
    await waitFor('the former agent to end', () => !isAlive(draining.pid), { timeoutMs: PATIENCE_MS });
  }

  /** Kills its supervisor, which costs nothing. From then on it is alone. */
  async killSupervisor(): Promise<void> {
    this.#orphan = this.pid;
    await this.process.kill();
  }

  /** Whether one more failed relay thread is still an accident to it. */
  get mayFail(): boolean {
    const recent = this.#failedMs.filter((ms) => ms > monotonicMs() - FAILURES_WITHIN_MS);
    return recent.length < FAILURES_MAX;
  }

  /** Has a relay thread fail, which costs what it relays. @param how as ../support/failing-thread.ts has it */
  async failRelayThread(how: string, outages: Outages): Promise<void> {
    const times = this.#count(THREAD_FAILED);
    const isOver = outages.begin(monotonicMs);
    writeFileSync(join(this.directory, `relay-${how}`), '');
    this.#failedMs.push(monotonicMs());
    await waitFor('a relay thread to fail', () => this.#count(THREAD_FAILED) > times, {
      process: this.process,
    });
    isOver();
  }

  /** Has the enrich thread fail, which costs no byte. */
  failEnrichThread(how: string): void {
    writeFileSync(join(this.directory, `enrich-${how}`), '');
  }

  /** Has the strategy of a socket fail, which costs no byte, and what is captured of that socket alone. */
  async failStrategy(how: Fault): Promise<void> {
    const failing = this.#failing!;
    failing.prepare(how);
    const [reloads, faults] = [this.#count(RELOADED), this.#count(CAPTURE_FAILED)];
    this.reload(this.#variant);
    const { process } = this;
    await waitFor('another strategy', () => this.#count(RELOADED) > reloads, { process });
    await failing.provoke();
    await waitFor('it to fail', () => this.#count(CAPTURE_FAILED) > faults, { process });
  }

  #count(pattern: RegExp): number {
    return this.output.match(pattern)?.length ?? 0;
  }

  /**
   * Descriptors that it may have at rest: its relay thread keeps a socket ready for the next client, now and then, and has a
   * thread that closes descriptors once there were any; a relay socket whose upstream has gone holds its place.
   */
  allowance(): number {
    const followed = HELD_DESCRIPTORS * (this.#options.kinds?.length ?? 0);
    return this.descriptors() + this.#variant.threads * (1 + CLOSING_DESCRIPTORS) + followed;
  }

  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** What its descriptors are, and how many of each: what is left of something is told by that. */
  describeDescriptors(): string {
    const counts: Record<string, number> = {};
    for (const fd of readdirSync(`/proc/${this.pid}/fd`)) {
      const what = (attempt(() => readlinkSync(`/proc/${this.pid}/fd/${fd}`)) ?? 'gone').replace(/\d+/g, 'N');
      counts[what] = (counts[what] ?? 0) + 1;
    }
    return JSON.stringify(counts);
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
    const orphan = this.#orphan;
    if (orphan === undefined) return (await this.process.stop(PATIENCE_MS)).code;
    process.kill(orphan, 'SIGTERM');
    await waitFor('the agent to end', () => !isAlive(orphan), { timeoutMs: PATIENCE_MS });
    return 0;
  }

  /** The agent of a supervisor that was killed; another one's has ended with it. */
  #endAlone(): void {
    const pid = attempt(() => this.pid);
    if (pid !== undefined) endProcess(pid);
  }

  /** What is opened once and kept, a first connection opens. */
  async #warmUp(cleanup: Cleanup): Promise<void> {
    const own = new Cleanup();
    const upstream = RawListener.listen(this.upstream('quiet'), own);
    const stream = await RawStream.connectInTime(this.listen('quiet'), cleanup);
    await upstream.accept(own);
    await own.run();
    rmSync(this.upstream('quiet'));
    stream.close();
    await this.settle(Number.POSITIVE_INFINITY);
    await sleep(SETTLED_MS);
  }

  #configuration(): unknown {
    const { kinds = [], canUpgrade = false, ring } = this.#options;
    return agentConfiguration({
      variant: this.#variant,
      sockets: [...HOSTILITY, ...kinds].map((name) => ({
        name,
        listen: this.listen(name),
        upstream: this.upstream(name),
      })),
      control: canUpgrade ? this.control : undefined,
      failing: this.#failing,
      ring,
    });
  }
}

/** Whether any thread of it runs: the last one that ends closes its descriptors. Nobody need have waited for it. */
function isAlive(pid: number): boolean {
  try {
    if (readdirSync(`/proc/${pid}/task`).length > 1) return true;
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
