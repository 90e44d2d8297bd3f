import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Outages } from '../faults/conversations/outages.js';
import type { Kind } from '../faults/conversations/plan.js';
import { Traffic } from '../faults/conversations/traffic.js';
import { startProgram, startReady } from '../faults/program.js';
import type { Cleanup } from '../support/cleanup.js';
import { fetchThrough } from '../support/socket-fetch.js';
import type { SoakAgent } from './agent.js';

/**
 * Conversations of each kind, at a time and begun in a second: a soak looks for what is left, not for how fast it is. What is open at
 * a time must not depend on how fast the machine happens to be.
 */
const AT_A_TIME = 16;
const A_SECOND = 100;
const CONTAINERS_AT_A_TIME = 5;
const CONTAINER_MS = 500;
const SCRAPE_MS = 1_000;
const RELOAD_MS = 7_000;

/** What the load has done. */
export interface LoadCounts {
  containers: number;
  scrapes: number;
  reloads: number;
}

/** All that may happen to an agent in its life, for as long as `signal` lets it. */
export class Load {
  readonly counts: LoadCounts = { containers: 0, scrapes: 0, reloads: 0 };
  readonly traffics: readonly Traffic[];
  readonly #agent: SoakAgent;
  readonly #cleanup: Cleanup;
  readonly #ask: typeof fetch;

  constructor(
    cleanup: Cleanup,
    agent: SoakAgent,
    kinds: readonly Kind[],
    seed: number,
    descriptors: boolean,
  ) {
    this.#agent = agent;
    this.#cleanup = cleanup;
    this.#ask = fetchThrough(cleanup, agent.control);
    this.traffics = kinds.map((kind) => {
      const [relay, upstream] = [agent.listen(kind), agent.upstream(kind)];
      const plan = { kind, seed, descriptors, polite: false };
      const bounds = { atATime: AT_A_TIME, aSecond: A_SECOND, connections: Number.MAX_SAFE_INTEGER };
      return new Traffic(cleanup, { ...plan, ...bounds, relay, upstream }, new Outages());
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { upstream, listen } = {
      upstream: this.#agent.upstream('calls'),
      listen: this.#agent.listen('calls'),
    };
    await startReady(this.#cleanup, 'service', [upstream]);
    const quiet = await startProgram(this.#cleanup, 'quiet', [listen]);
    for (const traffic of this.traffics) await traffic.start();
    await Promise.all([
      this.#repeat(CONTAINER_MS, signal, () => this.#nextContainer()),
      this.#repeat(SCRAPE_MS, signal, () => this.#scrape()),
      this.#repeat(RELOAD_MS, signal, () => this.#reload()),
    ]);
    for (const traffic of this.traffics) await traffic.end();
    // Its connections are as old as the agent. Their relay threads stay for as long as they do.
    await quiet.stop();
    const { containers } = this.counts;
    for (let i = Math.max(0, containers - CONTAINERS_AT_A_TIME); i < containers; i++) await this.#remove(i);
  }

  async #repeat(everyMs: number, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await action();
      await sleep(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async #scrape(): Promise<void> {
    await this.#agent.page(this.counts.scrapes++ % 2 === 0 ? 'text/plain' : 'application/openmetrics-text');
  }

  async #reload(): Promise<void> {
    await this.#agent.reload(++this.counts.reloads);
  }

  /** Registers a container, has it call, and removes the eldest. */
  async #nextContainer(): Promise<void> {
    const number = this.counts.containers++;
    const livenessPath = this.#liveness(number);
    writeFileSync(livenessPath, '');
    const upstream = this.#agent.upstream('calls');
    const answer = (await this.#control('PUT', number, {
      sockets: [{ path: '/run/calls.sock', upstream }],
      marker: livenessPath,
    })) as { sockets: readonly { listen: string }[] };
    await call(answer.sockets[0].listen);
    const eldest = number - CONTAINERS_AT_A_TIME;
    if (eldest >= 0) await this.#remove(eldest);
  }

  async #remove(number: number): Promise<void> {
    await this.#control('DELETE', number);
    rmSync(this.#liveness(number));
  }

  #liveness(number: number): string {
    return join(this.#agent.directory, `container-${number}`);
  }

  async #control(method: string, number: number, body?: unknown): Promise<unknown> {
    // One that is kept open may be closed by the agent just when it is used again.
    const headers = { connection: 'close', 'content-type': 'application/json' };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await this.#ask(`http://localhost/v1/containers/soak-${number}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} of container ${number}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** Makes a call, as a container does, and waits for the answer. */
function call(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () =>
      socket.write('{"jsonrpc":"2.0","id":1,"method":"soak","params":[]}\n'),
    );
    socket.once('data', () => socket.end());
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}
