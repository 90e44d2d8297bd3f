import { performance } from 'node:perf_hooks';
import { cpuUsage } from 'node:process';
import { cpuNs } from '../measure/processes.js';
import type { Usage } from './jobs.js';

const NS_A_US = 1000;

/** CPU time of the relay and of the load generator between `start` and `stop`. */
export class Meter {
  readonly #relayPid: number | undefined;
  #startMs = 0;
  #relayCpuNs = 0;
  #loadCpuNs = 0;

  constructor(relayPid: number | undefined) {
    this.#relayPid = relayPid;
  }

  start(): void {
    this.#relayCpuNs = this.#relayNs();
    this.#loadCpuNs = loadNs();
    this.#startMs = performance.now();
  }

  stop(): Usage {
    const elapsedMs = performance.now() - this.#startMs;
    const loadCpuNs = loadNs() - this.#loadCpuNs;
    const relayCpuNs = this.#relayPid === undefined ? undefined : this.#relayNs() - this.#relayCpuNs;
    return { elapsedMs, relayCpuNs, loadCpuNs };
  }

  #relayNs(): number {
    return this.#relayPid === undefined ? 0 : cpuNs(this.#relayPid);
  }
}

function loadNs(): number {
  const { user, system } = cpuUsage();
  return (user + system) * NS_A_US;
}
