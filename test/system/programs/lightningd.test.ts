import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CallRecord } from '../../support/call-record.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { objectsIn } from '../../support/json-stream.js';
import { repeat } from '../../support/repeat.js';
import { CAPTURES, identity, TellingAgent } from '../../support/telling-agent.js';

interface Request {
  readonly id: string;
  readonly method: string;
}

const PEERS = repeat(60, (i) => ({
  id: `02${'ab'.repeat(32)}`,
  connected: i % 2 === 0,
  netaddr: ['10.0.0.1:9735'],
}));
const NOT_FOUND = 205;
const HOLD_MS = 10;

function outcomeOf(method: string): object {
  switch (method) {
    case 'listpeers':
      return { result: { peers: PEERS } };
    case 'pay':
      return { error: { code: NOT_FOUND, message: 'Could not find a route', data: { attempts: PEERS } } };
    default:
      return { result: { id: `02${'cd'.repeat(32)}`, alias: 'udscope', blockheight: 840_000 } };
  }
}

/** As lightningd's JSON-RPC has been for years: requests with nothing in between, answers over many lines and an empty one. */
for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`texts as lightningd writes them, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    for (const indentation of [3, '\t', 0]) {
      it(`are told with ${JSON.stringify(indentation)} for indentation`, async () => {
        const agent = await new TellingAgent(cleanup).start({ capture });
        const node = new CallRecord();
        const identities: string[] = [];
        const server = createServer((socket) => {
          cleanup.defer(() => socket.destroy());
          objectsIn(socket, async (text) => {
            const heardMs = performance.now();
            const { id, method } = JSON.parse(text) as Request;
            await sleep(HOLD_MS);
            const error = method === 'pay' ? NOT_FOUND : undefined;
            identities.push(identity(method, id, error));
            node.answered(method, (performance.now() - heardMs) / 1000, error);
            const answer = { jsonrpc: '2.0', id, ...outcomeOf(method) };
            socket.write(`${JSON.stringify(answer, undefined, indentation)}\n\n`);
          });
        });
        cleanup.defer(() => server.close());
        await once(server.listen(agent.upstream), 'listening');

        const client = new LightningClient(connect(agent.listen));
        cleanup.defer(() => client.socket.destroy());
        for (const method of ['getinfo', 'listpeers', 'pay', 'getinfo', 'pay', 'listpeers']) {
          client.ask(method);
          await client.answered();
        }
        for (let i = 0; i < 24; i++) client.ask(['pay', 'getinfo', 'listpeers'][i % 3]!);
        await client.answered();
        await agent.assertTrue({ client: client.record, server: node, identities });
      });
    }
  });
}

class LightningClient {
  readonly record = new CallRecord();
  readonly #asked = new Map<string, { method: string; startMs: number }>();
  #lastId = 0;

  constructor(readonly socket: Socket) {
    objectsIn(socket, (text) => {
      const { id, error } = JSON.parse(text) as { id: string; error?: { code: number } };
      const { method, startMs } = this.#asked.get(id) ?? assert.fail(`${id} was not asked`);
      this.#asked.delete(id);
      this.record.answered(method, (performance.now() - startMs) / 1000, error?.code);
    });
  }

  /** As lightning-cli and pyln-client ask. */
  ask(method: string): void {
    const id = `cli:${method}#${++this.#lastId}`;
    this.#asked.set(id, { method, startMs: performance.now() });
    this.socket.write(JSON.stringify({ jsonrpc: '2.0', method, id, params: {} }));
  }

  async answered(): Promise<void> {
    await eventually('all is answered', () => this.#asked.size === 0);
  }
}
