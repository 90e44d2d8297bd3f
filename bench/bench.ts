import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Contestant, Relay } from './contestants/contestant.js';
import { LoadGenerator } from './load/generator.js';
import type { Conditions } from './load/jobs.js';

/** Processors to run on; undefined: wherever the kernel likes. */
export interface Placement {
  load: number | undefined;
  relay: number | undefined;
}

/** A relay that runs, and where its upstream has to listen. */
export interface Flow {
  readonly relay: Relay;
  readonly servePath: string;
}

/** What cases are given to work with. */
export class Bench {
  constructor(
    readonly contestants: readonly Contestant[],
    readonly placement: Placement,
    readonly conditions: Conditions,
    /** How often a measurement is taken to get one that was not disturbed; the last one counts. */
    readonly attempts: number,
    /** Where sockets and configurations go; short, as socket paths are limited to 107 bytes. */
    readonly directory: string,
    readonly load = new LoadGenerator(placement.load),
  ) {}

  /** The same with those alone that have these names. undefined: with all. */
  of(names: readonly string[] | undefined): Bench {
    if (names === undefined) return this;
    const some = this.contestants.filter(({ name }) => names.includes(name));
    return new Bench(some, this.placement, this.conditions, this.attempts, this.directory, this.load);
  }

  async startRelay(contestant: Contestant): Promise<Flow> {
    const directory = mkdtempSync(join(this.directory, 'r'));
    const servePath = join(directory, 'upstream.sock');
    const paths = { listenPath: join(directory, 'relay.sock'), upstreamPath: servePath, directory };
    return { relay: await contestant.start(paths, { cpu: this.placement.relay }), servePath };
  }

  stop(): Promise<void> {
    return this.load.stop();
  }
}
