import { readdirSync, readFileSync } from 'node:fs';
import { Cleanup } from '../cleanup.js';
import { RawStream } from '../raw-stream.js';
import { type AttributedReceiver, exchange } from './attributed-receiver.js';

/** Bytes that each container sends in its only connection. */
export const BYTES = 10;

const SOCKET = 'a';

/** Containers that come and go, each with one connection through the socket `a` of a receiver. */
export class Churn {
  readonly #agent: AttributedReceiver;
  readonly #live: number;
  #next = 1;

  /** `live`: how many are there at a time. */
  constructor(agent: AttributedReceiver, live: number) {
    this.#agent = agent;
    this.#live = live;
  }

  /** How many there have been. */
  get started(): number {
    return this.#next - 1;
  }

  /** Those that are there, by their numbers. */
  get living(): number[] {
    const first = Math.max(1, this.#next - this.#live);
    return Array.from({ length: this.#next - first }, (_, i) => first + i);
  }

  /** So many more come, and as many go as are too many then. */
  async run(containers: number): Promise<void> {
    const { host } = this.#agent;
    for (let i = 0; i < containers; i++) {
      const container = this.#next++;
      host.moveTo(container);
      await this.#connect();
      if (container > this.#live) host.endContainer(container - this.#live);
    }
  }

  /** All of them go. */
  end(): void {
    for (const container of this.living) this.#agent.host.endContainer(container);
  }

  async #connect(): Promise<void> {
    const cleanup = new Cleanup();
    try {
      const client = await RawStream.connectInTime(this.#agent.path(`${SOCKET}.relay`), cleanup);
      await exchange(client, 'x'.repeat(BYTES));
    } finally {
      await cleanup.run();
    }
  }
}

/** Directories of this process that the kernel watches. */
export function countWatches(): number {
  const files = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    } catch {
      // The one that the folder was read by is closed.
      return '';
    }
  });
  return files.reduce((count, text) => count + (text.match(/^inotify /gm)?.length ?? 0), 0);
}
