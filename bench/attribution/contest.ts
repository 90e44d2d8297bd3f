import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { RelayCounts } from './messages.js';

const CONNECTIONS = 5000;
const NS_PER_US = 1000;
const MS_PER_SECOND = 1000;

export interface Measured {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Processes that exchange messages with the benchmark until it ends them. */
export class Contest {
  readonly #children: ChildProcess[] = [];

  /** Starts one of the programs beside this file on a processor. */
  async start(script: string, args: readonly string[], cpu: string): Promise<ChildProcess> {
    const path = new URL(`./${script}.js`, import.meta.url).pathname;
    const child = fork(path, args, { execPath: 'taskset', execArgv: ['-c', cpu, process.execPath] });
    this.#children.push(child);
    await once(child, 'message');
    return child;
  }

  async end(): Promise<void> {
    for (const child of this.#children) {
      child.disconnect();
      await once(child, 'exit');
    }
  }
}

export async function ask<T>(child: ChildProcess, message: unknown): Promise<T> {
  child.send(message as string);
  const [answer] = await once(child, 'message');
  return answer as T;
}

/** Makes all clients connect as often as they can. */
export async function measure(relay: ChildProcess, clients: readonly ChildProcess[]): Promise<Measured> {
  const before = await ask<RelayCounts>(relay, 'counts');
  const startMs = performance.now();
  await Promise.all(clients.map((client) => ask(client, CONNECTIONS)));
  const seconds = (performance.now() - startMs) / MS_PER_SECOND;
  const after = await ask<RelayCounts>(relay, 'counts');
  const connections = CONNECTIONS * clients.length;
  return {
    perSecond: connections / seconds,
    cpuUs: (after.cpuNs - before.cpuNs) / NS_PER_US / connections,
  };
}
