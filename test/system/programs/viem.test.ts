import { type BaseError, type Client, createClient, http, RpcRequestError } from 'viem';
import { ipc } from 'viem/node';
import { CallRecord } from '../../support/call-record.js';
import { useCleanup } from '../../support/cleanup.js';
import { EthereumNode, hex, type Order } from '../../support/ethereum-node.js';
import { eventually } from '../../support/eventually.js';
import { fetchThrough } from '../../support/socket-fetch.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';

/** From 100 B to 100 KB, short and long ones near each other. */
const SIZES = [20, 700, 25_000, 90, 50_000, 300, 2000, 230];

type Subscribe = NonNullable<ReturnType<ReturnType<typeof ipc>>['value']>['subscribe'];

/** The code of a node's error, whatever viem has wrapped around it. */
function codeOf(error: unknown): number {
  const cause = (error as BaseError).walk((one) => one instanceof RpcRequestError);
  return (cause as RpcRequestError).code;
}

/** Calls with requests and answers of all sizes, of which some fail. */
function calls(client: Client, record: CallRecord, sizes: readonly number[]): (() => Promise<unknown>)[] {
  const ask = (method: string, ...params: unknown[]) => {
    const request = { method, params } as unknown as Parameters<Client['request']>[0];
    return () => record.ask(method, () => client.request(request), codeOf);
  };
  return sizes.flatMap((bytes) => {
    const data = hex(bytes);
    return [
      ask('eth_call', { to: hex(20), data }, 'latest'),
      ask('eth_getCode', `0x${bytes.toString(16)}`, 'latest'),
      ask('eth_sendRawTransaction', data),
      ask('eth_estimateGas', { data }),
      ask('eth_nope', data),
    ];
  });
}

for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`viem, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    /** Its requests follow each other with nothing in between. */
    async function overSocket(agent: TellingAgent) {
      const client = createClient({ transport: ipc(agent.listen) });
      const getRpcClient = client.transport['getRpcClient'] as () => Promise<{ close(): void }>;
      cleanup.defer(async () => (await getRpcClient()).close());
      return client;
    }

    for (const order of ['result last', 'id last'] satisfies Order[]) {
      it(`over a socket, answered with the ${order}`, async () => {
        const agent = await new TellingAgent(cleanup).start({ capture });
        const node = await new EthereumNode(order).listenIpc(cleanup, agent.upstream);
        const client = await overSocket(agent);
        const record = new CallRecord();
        for (const call of calls(client, record, SIZES)) await call();
        for (let round = 0; round < 3; round++) {
          await Promise.all(calls(client, record, SIZES).map((call) => call()));
        }
        await agent.assertTrue({ client: record, server: node.record, identities: node.identities });
      });
    }

    it('over HTTP, one by one and together', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const node = await new EthereumNode('result last').listenHttp(cleanup, agent.upstream);
      const fetchFn = fetchThrough(cleanup, agent.listen);
      const client = createClient({ transport: http('http://localhost/', { fetchFn }) });
      const record = new CallRecord();
      for (const call of calls(client, record, SIZES)) await call();
      await Promise.all(calls(client, record, SIZES).map((call) => call()));
      await agent.assertTrue({ client: record, server: node.record, identities: node.identities });
    });

    it('over HTTP, in batches', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const node = await new EthereumNode('id last').listenHttp(cleanup, agent.upstream);
      const fetchFn = fetchThrough(cleanup, agent.listen);
      const client = createClient({ transport: http('http://localhost/', { fetchFn, batch: true }) });
      const record = new CallRecord();
      for (let batch = 0; batch < 5; batch++) {
        await Promise.all(calls(client, record, [20, 700, 90, 230, 300]).map((call) => call()));
      }
      await agent.assertTrue({ client: record, server: node.record, identities: node.identities });
    });

    it('that has subscribed to heads of blocks', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const node = await new EthereumNode('result last').listenIpc(cleanup, agent.upstream);
      const client = await overSocket(agent);
      const subscribe = client.transport['subscribe'] as Subscribe;
      const record = new CallRecord();
      let blocks = 0;
      const answer = await record.ask(
        'eth_subscribe',
        () => subscribe({ params: ['newHeads'], onData: () => void blocks++ }),
        codeOf,
      );
      await eventually('blocks are heard', () => blocks > 50);
      for (const call of calls(client, record, SIZES)) await call();
      await record.ask('eth_unsubscribe', answer!.unsubscribe, codeOf);
      await agent.assertTrue({ client: record, server: node.record, identities: node.identities });
    });
  });
}
