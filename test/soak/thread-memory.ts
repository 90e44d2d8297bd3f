import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** What a thread of the agent holds after a garbage collection, in bytes. */
export interface ThreadMemory {
  /** Of its entry point. */
  readonly module: string;
  readonly heapUsed: number;
  /** Buffers outside of its heap; shared ones are told by each thread that has them. */
  readonly external: number;
}

/** The kinds of threads, by their modules. */
const KINDS = [
  ['main', /^main$/],
  ['relay', /receivers\/uds\/relay\/thread\.js$/],
  ['enrich', /processors\/enrich\/thread\/main\.js$/],
  ['other', /./],
] as const;

export type Heaps = Record<(typeof KINDS)[number][0] | 'external', number>;

/** What the threads of an agent that has loaded tell-memory hold. */
export async function askThreads(path: string): Promise<readonly ThreadMemory[]> {
  return JSON.parse(await text(connect(path))) as ThreadMemory[];
}

/** The heaps by kind of thread, and all buffers outside of them. */
export function heapsOf(told: readonly ThreadMemory[]): Heaps {
  const heaps: Heaps = { main: 0, relay: 0, enrich: 0, other: 0, external: 0 };
  for (const { module, heapUsed, external } of told) {
    const [kind] = KINDS.find(([, pattern]) => pattern.test(module)) ?? ['other'];
    heaps[kind] += heapUsed;
    heaps.external += external;
  }
  return heaps;
}
