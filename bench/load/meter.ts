import { performance } from 'node:perf_hooks';
import { pid } from 'node:process';
import { cpuNs, processorsBusyNs } from '../measure/processes.js';
import type { Usage } from './jobs.js';

/** CPU time of the relay, of this process, the load generator, and of everything else that ran meanwhile. */
export class Meter {
  readonly #relayPid: number | undefined;
  readonly #cpus: readonly number[];
  #startMs = 0;
  #start = { relay: 0, load: 0, all: 0 };

  constructor(relayPid: number | undefined, cpus: readonly number[]) {
    this.#relayPid = relayPid;
    this.#cpus = cpus;
  }

  start(): void {
    this.#start = this.#now();
    this.#startMs = performance.now();
  }

  stop(): Usage {
    const elapsedMs = performance.now() - this.#startMs;
    const now = this.#now();
    const relay = now.relay - this.#start.relay;
    const load = now.load - this.#start.load;
    return {
      elapsedMs,
      relayCpuNs: this.#relayPid === undefined ? undefined : relay,
      loadCpuNs: load,
      // The ticks are coarser than the other times, so the difference can be slightly negative.
      othersCpuNs: Math.max(0, now.all - this.#start.all - relay - load),
    };
  }

  #now() {
    return {
      relay: this.#relayPid === undefined ? 0 : cpuNs(this.#relayPid),
      load: cpuNs(pid),
      all: processorsBusyNs(this.#cpus),
    };
  }
}
