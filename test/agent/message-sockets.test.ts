import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { MessageEnd } from '../support/message-end.js';

const call = (id: number, method: string) => JSON.stringify({ jsonrpc: '2.0', id, method, params: [] });
const result = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, result: 'x'.repeat(2000) });

describe('calls over sockets whose messages have ends', () => {
  const cleanup = useCleanup();

  for (const capture of [{}, { strategy: 'full' }, { max_bytes: 64 }]) {
    it(`are decoded message by message (SOCK_SEQPACKET, ${JSON.stringify(capture)})`, async () => {
      const agent = new CapturingAgent(cleanup);
      const upstream = MessageEnd.bind('seqpacket', agent.upstream, cleanup);
      await agent.start({ capture });
      const client = MessageEnd.connect('seqpacket', agent.listen, cleanup);
      const server = await upstream.accept(cleanup);
      // What is no message ends with its packet and is in the way of none.
      client.send('{"jsonrpc":"2.0","id":');
      await server.receiveMessage();
      for (let id = 1; id <= 5; id++) {
        client.send(call(id, 'eth_chainId'));
        await server.receiveMessage();
        server.send(result(id));
        await client.receiveMessage();
      }
      await agent.assertCalls({ eth_chainId: 5 });
    });
  }

  it('are decoded datagram by datagram, those of each client apart (SOCK_DGRAM)', async () => {
    const agent = new CapturingAgent(cleanup);
    const server = MessageEnd.bind('dgram', agent.upstream, cleanup);
    await agent.start();
    const clients = [1, 2, 3].map(() => {
      const client = MessageEnd.create('dgram', cleanup);
      client.autobind();
      client.connect(agent.listen);
      return client;
    });
    // All use the same ids at the same time.
    for (let id = 1; id <= 4; id++) {
      const from: string[] = [];
      for (const client of clients) {
        client.send(call(id, 'eth_chainId'));
        from.push((await server.receiveMessage()).from ?? '');
      }
      for (const to of from.reverse()) server.send(result(id), { to });
      for (const client of clients) await client.receiveMessage();
    }
    await agent.assertCalls({ eth_chainId: 12 });
  });
});
