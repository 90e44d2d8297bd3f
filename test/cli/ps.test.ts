import assert from 'node:assert/strict';
import type { SocketStatus } from '../../src/api/socket-schema.js';
import {
  type AgentInMemory,
  container,
  NO_TRAFFIC,
  peerSocket,
} from '../extensions/control/agent-in-memory.js';
import { eventually } from '../support/eventually.js';
import { type Commanded, useCommands } from './support/commands.js';

describe('udscope ps', () => {
  const commands = useCommands();
  let agent: AgentInMemory;
  const run: Commanded['run'] = (...args) => commands.current().run(...args);
  const outputOf: Commanded['outputOf'] = (...args) => commands.current().outputOf(...args);

  const id = '0123456789abcdef'.repeat(4);
  const traffic = {
    ...NO_TRAFFIC,
    active: 3,
    sendBytes: 2048,
    recvBytes: 5 * 2 ** 20,
    sendOps: 12_000,
    recvOps: 345,
  };

  beforeEach(() => {
    ({ agent } = commands.current());
    const pod = {
      'container.id': id,
      'k8s.namespace.name': 'ns',
      'k8s.pod.name': 'pod',
      'k8s.container.name': 'app',
    };
    agent.seen = [
      container({
        id,
        attributes: pod,
        sockets: [
          peerSocket({ protocols: ['http', 'jsonrpc'], counts: traffic }),
          peerSocket({ name: 'docker' }),
        ],
      }),
      container({
        id: undefined,
        attributes: { 'process.executable.name': 'nginx\x1b[2J' },
        sockets: [peerSocket({ scope: undefined })],
      }),
    ];
  });

  it('lists containers on sockets, with totals', async () => {
    assert.equal(
      await outputOf('ps', '--interval', '0'),
      [
        'CONTAINER     NAME                  SOCKET  PROTOCOL       SCOPE  CONNS      SENT      RECV    OPS',
        '0123456789ab  ns/pod/app            geth    http, jsonrpc  host       3  2.00 KiB  5.00 MiB  12.3k',
        '0123456789ab  ns/pod/app            docker  -              host       0       0 B       0 B      0',
        '-             host: nginx\\u{1b}[2J  geth    -              -          0       0 B       0 B      0',
        '',
      ].join('\n'),
    );
    assert.equal(agent.looks, 1);
  });

  it('measures rates between two looks', async () => {
    const command = await commands.current().startCommand('ps', '--interval', '100ms');
    await eventually('the first look', () => agent.looks === 1);
    const more = { ...traffic, recvBytes: traffic.recvBytes + 2 ** 40, sendOps: traffic.sendOps + 1e9 };
    agent.seen = [container({ id, sockets: [peerSocket({ counts: more }), peerSocket({ name: 'docker' })] })];
    assert.equal((await command.exited).code, 0);
    const [titles, first, second] = command.output.split('\n');
    assert.match(titles ?? '', /OPS {2,}SENT\/S {2,}RECV\/S {2,}OPS\/S$/);
    assert.match(first ?? '', / 0 B +[\d.]+ TiB +[\d.]+G$/);
    assert.match(second ?? '', / 0 B +0 B +0$/);
  });

  it('lists the same as JSON', async () => {
    const totals = JSON.parse(await outputOf('ps', '--json', '--interval', '0'));
    assert.equal(totals.length, 3);
    const { attributes } = agent.seen[0]!;
    const expected = {
      id,
      attributes,
      origin: 'peer',
      socket: 'geth',
      path: '/run/geth.ipc',
      scope: 'host',
      protocols: ['http', 'jsonrpc'],
    };
    assert.deepEqual(totals[0], { ...expected, counts: traffic });
    const [measured] = JSON.parse(await outputOf('ps', '--json', '--interval', '10ms'));
    assert.deepEqual(measured.rates, { sendBytes: 0, recvBytes: 0, ops: 0 });
  });

  it('lists sockets', async () => {
    await agent.addSocket({
      ...{ name: 'geth', listen: '/run/r/geth', upstream: '/run/geth', mode: 'inherit', owner: 'inherit' },
      ...{ group: 'inherit', container: { id, attributes: {} }, protocol: 'auto', capture: null },
      ...{
        connect_timeout: 0,
        idle_timeout: 0,
        unanswered_after: 0,
        answer_timeout: 0,
        type: 'auto',
        takeover: false,
      },
    });
    const lines = (await outputOf('ps', '--sockets', '--interval', '0')).split('\n');
    assert.match(
      lines[0] ?? '',
      /^SOCKET +RECEIVER +LISTEN +UPSTREAM +PROTOCOL +TYPE +STATE +CONTAINER +ORIGIN +CONNS +SENT +RECV +OPS$/,
    );
    assert.match(
      lines[1] ?? '',
      /^geth +uds +\/run\/r\/geth +\/run\/geth +- +stream +listening +0123456789ab +control +0 +0 B +0 B +0$/,
    );
    const [socket] = JSON.parse(await outputOf('ps', '--sockets', '--json', '--interval', '0'));
    assert.equal(socket.listen, '/run/r/geth');
  });

  it('says of each socket whether clients reach it', async () => {
    const socket: SocketStatus = {
      ...{
        name: 'geth',
        receiver: 'uds',
        listen: '/run/geth',
        upstream: '/run/geth',
        type: 'stream' as const,
      },
      ...{ takeover: false, appearance: 'shown', origin: 'configuration', counts: NO_TRAFFIC },
    };
    const seen = [
      { appearance: 'refusing', takeover: false, state: 'refusing' },
      { appearance: 'absent', takeover: false, state: 'absent' },
      { appearance: 'shown', takeover: true, state: 'taken over' },
      { appearance: 'absent', takeover: true, state: 'left to upstream' },
      { appearance: 'shown', takeover: false, problem: 'it is in use', state: 'unreachable' },
    ] as const;
    agent.sockets = () => seen.map(({ state: _, ...change }) => ({ ...socket, ...change }));
    const [, ...lines] = (await outputOf('ps', '--sockets', '--interval', '0')).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => / stream {2}(.+?) {2,}/.exec(line)?.[1]),
      seen.map(({ state }) => state),
    );
  });

  it('has titles, or an empty list, when there is nothing', async () => {
    agent.seen = [];
    assert.equal(
      await outputOf('ps', '--interval', '0'),
      'CONTAINER  NAME  SOCKET  PROTOCOL  SCOPE  CONNS  SENT  RECV  OPS\n',
    );
    assert.equal(await outputOf('ps', '--interval', '0', '--json'), '[]\n');
  });

  it('lists ten thousand', async () => {
    agent.seen = Array.from({ length: 10_000 }, (_, i) => container({ id: `c${i}` }));
    const lines = (await outputOf('ps', '--interval', '0')).trimEnd().split('\n');
    // The test keeps the newest part of what a command says.
    assert.match(lines.at(-1) ?? '', /^c9999 /);
  });

  it('refuses wrong flags', async () => {
    for (const interval of ['1', '-1s', 'x']) {
      const { code, output } = await run('ps', `--interval=${interval}`);
      assert.equal(code, 1);
      assert.match(output, /--interval <duration>.*is invalid\. It is not a duration; /);
    }
  });
});
