/** A server's socket as its clients have it: the server's own, or a relay socket in front of it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Agent } from '../../support/agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { type RealProcess, waitFor } from '../../support/process.js';
import { accountOf } from '../support/account.js';
import { directoryOf } from '../support/as-user.js';

/** Every test does its work in both ways. The first proves that it can be done. */
export const WAYS = ['directly', 'through the relay'] as const;

/** What udscope has counted at a socket. A client sends, a server is received from. */
export interface Books {
  readonly connections: number;
  readonly sentOperations: number;
  readonly receivedOperations: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly sentDescriptors: number;
  readonly receivedDescriptors: number;
}

export interface PassageOptions {
  /** File name of the socket. */
  readonly name?: string;
  /** Of the socket, as in the configuration. */
  readonly more?: object;
  /** The account whose the directories are; root's by default. */
  readonly owner?: string;
}

export class Passage {
  /** Where the server is to listen. */
  readonly upstream: string;
  /** Where the clients find it. */
  readonly socket: string;
  /** There is one once it is open, through the relay. */
  readonly agent: Agent | undefined;
  readonly #more: object;

  constructor(cleanup: Cleanup, way: (typeof WAYS)[number], options: PassageOptions = {}) {
    const { name = 'server.sock', more = {}, owner = 'root' } = options;
    const { uid, gid } = accountOf(owner);
    const place = () => join(directoryOf(cleanup, uid, gid), name);
    this.upstream = place();
    this.agent = way === 'directly' ? undefined : new Agent(cleanup);
    this.socket = this.agent === undefined ? this.upstream : place();
    this.#more = more;
  }

  /** Waits until the server listens, and starts the agent. */
  async open(server: RealProcess): Promise<this> {
    await waitFor('the server to listen', () => isListening(this.upstream), { process: server });
    const socket = { name: 'passage', listen: this.socket, upstream: this.upstream, ...this.#more };
    await this.agent?.startWith({
      receivers: { uds: { sockets: [socket] } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } } },
    });
    if (this.agent !== undefined) {
      await waitFor('the relay to listen', () => isListening(this.socket), { process: this.agent.process });
    }
    return this;
  }

  /** Nothing to compare where nobody counts; else waits until the books say so, and nothing was lost. */
  async assertBooks(expected: Partial<Books>): Promise<void> {
    await this.assertCounted(JSON.stringify(expected), (books) => {
      for (const [name, value] of Object.entries(expected)) {
        assert.equal(books[name as keyof Books], value, `${name}: ${JSON.stringify(books)}`);
      }
    });
  }

  /** The same, for what is not known exactly. */
  async assertCounted(what: string, check: (books: Books) => void): Promise<void> {
    const { agent } = this;
    if (agent === undefined) return;
    await agent.until(`the books to say ${what}`, async () => {
      check(await booksOf(agent));
      return true;
    });
    for (const loss of ['uds_connection_errors_total', 'udscope_relay_dropped_descriptors_total']) {
      assert.equal(await agent.sum(loss), 0, `${loss}\n${agent.process.describe()}`);
    }
  }
}

async function booksOf(agent: Agent): Promise<Books> {
  const descriptors = (direction: string) =>
    agent.sum('uds_descriptors_passed_total', { uds_direction: direction });
  return {
    connections: await agent.sum('uds_connections_opened_total'),
    sentOperations: await agent.sum('uds_send_ops_total'),
    receivedOperations: await agent.sum('uds_recv_ops_total'),
    sentBytes: await agent.sum('uds_send_bytes_total'),
    receivedBytes: await agent.sum('uds_recv_bytes_total'),
    sentDescriptors: await descriptors('send'),
    receivedDescriptors: await descriptors('recv'),
  };
}

/** Declares a test for each way, each with a cleanup of its own. Call it in a `describe`. */
export function itWorks(
  what: string,
  work: (passage: Passage, cleanup: Cleanup) => Promise<void>,
  options: PassageOptions = {},
): void {
  for (const way of WAYS) {
    it(`${what} ${way}`, async () => {
      const cleanup = new Cleanup();
      try {
        await work(new Passage(cleanup, way, options), cleanup);
      } finally {
        await cleanup.run();
      }
    });
  }
}
