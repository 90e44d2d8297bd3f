import assert from 'node:assert/strict';
import { Agent as HttpAgent } from 'node:http';
import { FetchRequest, type JsonRpcApiProvider } from 'ethers';
import { OtlpReceiver } from '../../exporters/support/otlp-receiver.js';
import { sumOf } from '../../support/capturing-agent.js';
import { useCleanup } from '../../support/cleanup.js';
import { EthereumNode, hex, NEVER, type Order } from '../../support/ethereum-node.js';
import { eventually } from '../../support/eventually.js';
import { RecordedHttpProvider, RecordedIpcProvider } from '../../support/recorded-ethers.js';
import { repeat } from '../../support/repeat.js';
import { CAPTURES, identity, TellingAgent } from '../../support/telling-agent.js';

/** Of opentelemetry/proto/trace/v1/trace.proto. */
const UNSET = 0;
const ERROR = 2;

/** From 100 B to 100 KB, short and long ones near each other. */
const SIZES = [20, 700, 25_000, 90, 50_000, 300, 2000, 230];

/** Calls with requests and answers of all sizes, together or one after the other, of which some fail. */
function calls(provider: JsonRpcApiProvider): (() => Promise<unknown>)[] {
  return SIZES.flatMap((bytes) => {
    const data = hex(bytes);
    return [
      () => provider.send('eth_call', [{ to: hex(20), data }, 'latest']),
      () => provider.send('eth_getCode', [`0x${bytes.toString(16)}`, 'latest']),
      () => provider.send('eth_sendRawTransaction', [data]),
      () => assert.rejects(provider.send('eth_estimateGas', [{ data }])),
      () => assert.rejects(provider.send('eth_nope', [data])),
    ];
  });
}

for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`ethers, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    for (const order of ['result last', 'id last'] satisfies Order[]) {
      it(`over a socket, answered with the ${order}`, async () => {
        const agent = await new TellingAgent(cleanup).start({ capture });
        const node = await new EthereumNode(order).listenIpc(cleanup, agent.upstream);
        const provider = new RecordedIpcProvider(agent.listen);
        cleanup.defer(() => provider.destroy());
        await provider.getNetwork();
        for (const call of calls(provider)) await call();
        for (let round = 0; round < 3; round++) await Promise.all(calls(provider).map((call) => call()));
        await agent.assertTrue({ client: provider.record, server: node.record, identities: node.identities });
      });
    }

    it('over HTTP, one by one and together', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const node = await new EthereumNode('result last').listenHttp(cleanup, agent.upstream);
      const provider = overHttp(agent, { batchMaxCount: 1 });
      await provider.getNetwork();
      for (const call of calls(provider)) await call();
      await Promise.all(calls(provider).map((call) => call()));
      await agent.assertTrue({ client: provider.record, server: node.record, identities: node.identities });
    });

    it('over HTTP, in batches', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const node = await new EthereumNode('id last').listenHttp(cleanup, agent.upstream);
      const provider = overHttp(agent, {});
      await provider.getNetwork();
      const data = hex(150);
      for (let batch = 0; batch < 5; batch++) {
        await Promise.all(
          repeat(20, (i) =>
            i % 4 === 0
              ? assert.rejects(provider.send('eth_estimateGas', [{ data }]))
              : provider.send('eth_call', [{ data }]),
          ),
        );
      }
      await agent.assertTrue({ client: provider.record, server: node.record, identities: node.identities });
    });

    it('over HTTP, with answers that are compressed', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const node = await new EthereumNode('result last').listenHttp(cleanup, agent.upstream, true);
      const provider = overHttp(agent, { batchMaxCount: 1 });
      for (const bytes of SIZES) {
        await provider.send('eth_call', [{ data: hex(bytes) }]);
        await provider.send('eth_getCode', [`0x${bytes.toString(16)}`]);
      }
      // What such an answer says is not read: its status is 200.
      const { record: client } = provider;
      const doubts = { 'undecodable encoded': sumOf(node.record.answers) };
      await agent.assertTrue({ client, server: node.record, identities: node.identities, doubts });
    });

    it('that has subscribed to heads of blocks', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const node = await new EthereumNode('result last').listenIpc(cleanup, agent.upstream);
      const provider = new RecordedIpcProvider(agent.listen);
      cleanup.defer(() => provider.destroy());
      const blocks: number[] = [];
      await provider.on('block', (number: number) => void blocks.push(number));
      await eventually('blocks are heard', () => blocks.length > 50);
      for (const call of calls(provider)) await call();
      await provider.off('block');
      await eventually('it has unsubscribed', () => 'eth_unsubscribe' in provider.record.answers);
      await agent.assertTrue({ client: provider.record, server: node.record, identities: node.identities });
    });

    it('that leaves before all is answered', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const node = await new EthereumNode('result last').listenIpc(cleanup, agent.upstream);
      const provider = new RecordedIpcProvider(agent.listen);
      await provider.getNetwork();
      const given = repeat(5, () => provider.send(NEVER, []).catch(() => {}));
      for (const call of calls(provider)) await call();
      await eventually('it has asked all', () => node.unanswered === given.length);
      await agent.waitForSum('udscope_enrich_active_calls', given.length);
      provider.destroy();
      // It says no more of them.
      for (const _ of given) provider.record.unanswered(NEVER, 'no_response');
      const doubts = { 'unanswered_calls connection_ended': given.length };
      await agent.assertTrue({ client: provider.record, doubts });
    });

    /** A provider whose every connection is to the relay socket. */
    function overHttp(agent: TellingAgent, options: { batchMaxCount?: number }): RecordedHttpProvider {
      const connections = new HttpAgent({ keepAlive: true, ...{ socketPath: agent.listen } });
      cleanup.defer(() => connections.destroy());
      const request = new FetchRequest('http://localhost/');
      request.getUrlFunc = FetchRequest.createGetUrlFunc({ agent: connections });
      const provider = new RecordedHttpProvider(request, undefined, { staticNetwork: true, ...options });
      cleanup.defer(() => provider.destroy());
      return provider;
    }
  });
}

describe('spans of what ethers calls', () => {
  const cleanup = useCleanup();

  it('are one for each call, with its id and how it ended', async () => {
    const receiver = await new OtlpReceiver().listen();
    cleanup.defer(() => receiver.close());
    const agent = await new TellingAgent(cleanup).start({
      capture: {},
      otlphttp: { endpoint: receiver.url },
    });
    const node = await new EthereumNode('id last').listenIpc(cleanup, agent.upstream);
    const provider = new RecordedIpcProvider(agent.listen);
    cleanup.defer(() => provider.destroy());
    await Promise.all(calls(provider).map((call) => call()));
    await agent.assertTrue({ client: provider.record, server: node.record, identities: node.identities });
    // What it has not sent yet it sends at its end, for which it waits until clients have left.
    provider.destroy();
    await agent.process.stop();
    const spans = receiver.taken.flatMap(({ spans }) => spans);
    const told = spans.map(({ attributes }) =>
      identity(attributes['rpc.method']!, attributes['jsonrpc.request.id'], attributes['error.type']),
    );
    assert.deepEqual(told.sort(), node.identities.sort());
    for (const { attributes, status } of spans) {
      assert.equal(status.code, attributes['error.type'] === undefined ? UNSET : ERROR);
    }
    const milliseconds = spans.map(({ startNs, endNs }) => Number(endNs - startNs) / 1e6);
    // Most calls are held for some milliseconds.
    assert.ok(milliseconds.filter((ms) => ms > 4).length > spans.length / 2, `${milliseconds}`);
  });
});
