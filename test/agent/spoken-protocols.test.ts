import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { waitFor } from '../support/process.js';
import { fetchThrough } from '../support/socket-fetch.js';

const HTTP = 'GET /info HTTP/1.1\r\nHost: a\r\n\r\n';
const JSON_RPC = '{"jsonrpc":"2.0","id":1,"method":"eth_call"}\n';
const OVER_HTTP = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${JSON_RPC.length}\r\n\r\n${JSON_RPC}`;
const I3 = 'i3-ipc\0\0\0\0\x07\0\0\0';

const ANSWER = '{"jsonrpc":"2.0","id":1,"result":1}\n';

interface Spoken {
  readonly name: string;
  readonly protocols?: readonly string[];
}

describe('the protocols that are shown of a socket', () => {
  const cleanup = useCleanup();

  /** Answers in the protocol of the question. */
  async function serve(path: string): Promise<void> {
    const server = createServer((socket) => {
      cleanup.defer(() => socket.destroy());
      socket.on('error', () => socket.destroy());
      socket.on('data', (data) => socket.write(answerTo(data.toString())));
    });
    server.listen(path);
    await once(server, 'listening');
    cleanup.defer(() => server.close());
  }

  /** Says something, and returns the connection once it is answered. */
  async function say(path: string, text: string): Promise<Socket> {
    const socket = connect(path);
    cleanup.defer(() => socket.destroy());
    socket.write(text);
    await once(socket, 'data');
    return socket;
  }

  async function shown({ control }: CapturingAgent): Promise<(readonly string[] | undefined)[]> {
    const ask = fetchThrough(cleanup, control);
    const [sockets, containers] = await Promise.all(
      ['sockets', 'containers'].map(async (list) => (await ask(`http://localhost/v1/${list}`)).json()),
    );
    const ofContainers = (containers as { sockets: Spoken[] }[]).flatMap((each) => each.sockets);
    return [...(sockets as Spoken[]), ...ofContainers].map(({ protocols }) => protocols);
  }

  const waitForShown = (agent: CapturingAgent, protocols: readonly string[]) =>
    waitFor(`${protocols.join(', ')} to be shown`, async () => {
      const all = await shown(agent);
      return all.length === 2 && all.every((each) => each?.join() === protocols.join());
    });

  it('are those of which a request was understood', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    await serve(agent.upstream);
    await say(agent.listen, I3);
    await agent.waitForSum('udscope_enrich_undecodable_total', 1);
    assert.deepEqual(await shown(agent), [[], []], 'a stranger passes for no protocol');
    await say(agent.listen, JSON_RPC);
    await waitForShown(agent, ['jsonrpc']);
    await say(agent.listen, OVER_HTTP);
    await say(agent.listen, HTTP);
    await waitForShown(agent, ['http', 'jsonrpc']);
  });

  it('stay after a reload, as long as server and protocol are configured as they were', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    await serve(agent.upstream);
    const open = await say(agent.listen, JSON_RPC);
    await waitForShown(agent, ['jsonrpc']);
    await agent.reload({ socket: { idle_timeout: '1h' } });
    await waitForShown(agent, ['jsonrpc']);
    await agent.reload({ socket: { protocol: 'http' } });
    await waitForShown(agent, ['jsonrpc']);
    await say(agent.listen, HTTP);
    await waitForShown(agent, ['http', 'jsonrpc']);
    open.destroy();
    await waitForShown(agent, ['http']);
  });

  it('are none where nothing is decoded', async () => {
    const agent = await new CapturingAgent(cleanup).start({ socket: { protocol: 'none' } });
    await serve(agent.upstream);
    await say(agent.listen, HTTP);
    assert.deepEqual(await shown(agent), [[], []]);
  });
});

function answerTo(text: string): string {
  if (text.startsWith('{')) return ANSWER;
  if (text === I3) return I3;
  const body = text.startsWith('POST') ? ANSWER : 'ok';
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
