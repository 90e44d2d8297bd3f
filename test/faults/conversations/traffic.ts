import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../../src/linux/clock.js';
import type { Cleanup } from '../../support/cleanup.js';
import { Outages } from './outages.js';
import type { PlanSettings } from './plan.js';
import { ProgramProcess } from './program-process.js';
import type { Cut, ProgramCounts } from './reporter.js';

/** Each process of clients has numbers of its own: of a cut one it is known whose client was killed. */
const NUMBERS_EACH = 2 ** 20;

/** A client that is killed before its server knows its number is told by the time alone. */
const UNKNOWN_MS = 3_000;

/** In so much time the agent has seen that the upstream is back. */
const FOLLOWED_MS = 500;

export interface TrafficSettings extends PlanSettings {
  readonly relay: string;
  readonly upstream: string;
  readonly atATime: number;
  /** No more conversations begin than these. */
  readonly connections: number;
  /** How many begin in a second at most; undefined: as many as can. */
  readonly aSecond?: number;
}

/** Conversations of one kind through one relay socket: clients and an upstream, which can be killed and come again. */
export class Traffic {
  readonly #cleanup: Cleanup;
  readonly #settings: TrafficSettings;
  readonly #agentOutages: Outages;
  readonly #upstreamOutages = new Outages();
  readonly #unknownOutages = new Outages();
  readonly #killedGenerations = new Set<number>();
  readonly #clients: ProgramProcess[] = [];
  readonly #servers: ProgramProcess[] = [];
  kills = 0;

  /** @param agentOutages times in which the agent was not there, or was killed */
  constructor(cleanup: Cleanup, settings: TrafficSettings, agentOutages: Outages) {
    this.#cleanup = cleanup;
    this.#settings = settings;
    this.#agentOutages = agentOutages;
  }

  async start(): Promise<void> {
    await this.#startServers();
    await this.#startClients();
  }

  /** Whether no more conversations begin by themselves. */
  get isOver(): boolean {
    return this.#clients[this.#clients.length - 1].isOver;
  }

  async killUpstream(): Promise<void> {
    const isBack = this.#upstreamOutages.begin(monotonicMs);
    this.kills++;
    await this.#servers[this.#servers.length - 1].kill();
    await this.#startServers();
    // The agent's own socket goes and comes with the upstream's, a moment later.
    await sleep(FOLLOWED_MS);
    isBack();
  }

  async killClients(): Promise<void> {
    const { fromNow } = this.#unknownFrom();
    this.#killedGenerations.add(this.#clients.length - 1);
    this.kills++;
    await this.#clients[this.#clients.length - 1].kill();
    await this.#startClients();
    fromNow();
  }

  /** Ends it when all conversations are over. */
  async end(): Promise<void> {
    await this.#clients[this.#clients.length - 1].end();
    await this.#servers[this.#servers.length - 1].end();
  }

  /** What all clients, or all servers, have counted together. */
  clients(): ProgramCounts {
    return sumOf(this.#clients);
  }

  servers(): ProgramCounts {
    return sumOf(this.#servers);
  }

  /**
   * What was wrong, and what was cut without a reason.
   * @param mayRefuse whether the agent may be short of what it needs for a connection, and end it before it is served; or for a
   *   sender of datagrams that is to be answered, whose answers are lost then
   */
  failures(mayRefuse: boolean): string[] {
    const { kind } = this.#settings;
    const failures = [...this.#clients, ...this.#servers].flatMap(({ wrong }) => wrong);
    for (const [i, { cuts }] of this.#clients.entries())
      for (const cut of cuts) {
        if (this.#isExplainedToClient(cut)) continue;
        if (mayRefuse && (cut.isInAnswers === true || cut.received === 0)) continue;
        failures.push(`cut, at client process ${i}: ${this.#describe(cut)}`);
      }
    for (const { cuts } of this.#servers)
      for (const cut of cuts) {
        if (this.#isExplainedToServer(cut) || (mayRefuse && cut.isInAnswers === true)) continue;
        failures.push(`cut, at a server: ${this.#describe(cut)}`);
      }
    return failures.map((failure) => `${kind}: ${failure}`);
  }

  #isExplainedToClient(cut: Cut): boolean {
    return this.#agentOutages.explain(cut) || this.#upstreamOutages.explain(cut);
  }

  #isExplainedToServer(cut: Cut): boolean {
    if (this.#agentOutages.explain(cut)) return true;
    // What was sent to the upstream before is missing at the one that came after it.
    if (this.#settings.kind === 'dgram' && this.#upstreamOutages.explain(cut)) return true;
    if (cut.number === undefined) return this.#unknownOutages.explain(cut);
    return this.#killedGenerations.has(Math.floor(cut.number / NUMBERS_EACH));
  }

  #describe(cut: Cut): string {
    const { number, fromMs, toMs, reason } = cut;
    const when = `from ${fromMs.toFixed(0)} to ${toMs.toFixed(0)} ms, ${this.#agentOutages.describe(cut)}`;
    return `${number ?? 'a conversation'} ${when}: ${reason}`;
  }

  #unknownFrom(): { fromNow: () => void } {
    const isOver = this.#unknownOutages.begin(monotonicMs);
    return { fromNow: () => void setTimeout(isOver, UNKNOWN_MS).unref() };
  }

  async #startServers(): Promise<void> {
    const { upstream, kind, seed, descriptors, polite } = this.#settings;
    const settings = { path: upstream, kind, seed, descriptors, polite };
    this.#servers.push(await ProgramProcess.start(this.#cleanup, 'servers', settings));
  }

  async #startClients(): Promise<void> {
    const { relay, kind, seed, descriptors, polite, atATime, aSecond, connections } = this.#settings;
    const first = this.#clients.length * NUMBERS_EACH;
    const count = Math.max(0, Math.min(NUMBERS_EACH, connections - this.clients().connections));
    const settings = { path: relay, kind, seed, descriptors, polite, atATime, aSecond, first, count };
    this.#clients.push(await ProgramProcess.start(this.#cleanup, 'clients', settings));
  }
}

function sumOf(programs: readonly ProgramProcess[]): ProgramCounts {
  const sum: ProgramCounts = {
    connections: 0,
    over: 0,
    cut: 0,
    bytesSent: 0,
    bytesReceived: 0,
    messagesSent: 0,
    messagesReceived: 0,
    descriptorsSent: 0,
    descriptorsReceived: 0,
  };
  for (const { counts } of programs) {
    if (counts === undefined) continue;
    for (const name of Object.keys(sum) as (keyof ProgramCounts)[]) sum[name] += counts[name];
  }
  return sum;
}
