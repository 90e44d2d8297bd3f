import assert from 'node:assert/strict';
import { type AgentInMemory, container } from '../extensions/control/agent-in-memory.js';
import { type Commanded, socketOf, useCommands } from './support/commands.js';

describe('the commands that register', () => {
  const commands = useCommands();
  let agent: AgentInMemory;
  const run: Commanded['run'] = (...args) => commands.current().run(...args);
  const outputOf: Commanded['outputOf'] = (...args) => commands.current().outputOf(...args);
  const assertFails: Commanded['assertFails'] = (...args) => commands.current().assertFails(...args);

  beforeEach(() => {
    ({ agent } = commands.current());
  });

  describe('udscope register', () => {
    it('says what to mount', async () => {
      const output = await outputOf(
        ...['register', '--container', 'c1', ...socketOf('/tmp/x', '@up'), '--name', 'wallet'],
        ...['--image', 'app:1', '--attribute', 'team=a=b', '--attribute', 'tier='],
      );
      assert.equal(output, '/run/r/tmp/x\nmount /run/r/tmp/x at /tmp/x in the container\n');
      assert.deepEqual(agent.registered, [
        {
          id: 'c1',
          sockets: [{ path: '/tmp/x', upstream: '@up' }],
          attributes: { 'container.name': 'wallet', 'container.image.name': 'app:1', team: 'a=b', tier: '' },
          annotations: {},
          mounts: [],
          namespace: undefined,
          livenessPath: undefined,
        },
      ]);
    });

    it('says which of several containers of one id is meant, and so does unregister', async () => {
      for (const namespace of ['a', 'b']) {
        await outputOf('register', '--container', 'web', '--namespace', namespace, ...socketOf('/x', '@up'));
      }
      assert.deepEqual(
        agent.registered.map(({ id, namespace }) => [id, namespace]),
        [
          ['web', 'a'],
          ['web', 'b'],
        ],
      );
      await outputOf('unregister', '--container', 'web', '--namespace', 'a');
      assert.deepEqual(
        agent.containers().map(({ namespace }) => namespace),
        ['b'],
      );
      await assertFails(
        ['unregister', '--container', 'web', '--namespace', ''],
        /--namespace: "" is no namespace/,
      );
    });

    it('adds to what the container has, and replaces what is at the same path', async () => {
      await agent.registerContainer({
        id: 'c1',
        namespace: undefined,
        sockets: [
          { path: '/tmp/a', upstream: '/run/a' },
          { path: '/tmp/b', upstream: '/run/b' },
        ],
        attributes: { team: 'a', tier: '1' },
        annotations: { 'io.kubernetes.pod.name': 'pod' },
        mounts: [{ destination: '/c', source: '/d', type: 'bind', options: ['ro'] }],
        bundle: '/bundle',
        livenessPath: '/run/runc/c1',
      });
      const args = [
        'register',
        '--container',
        'c1',
        ...socketOf('/tmp/a', '/run/new'),
        '--attribute',
        'tier=2',
      ];
      const registered = JSON.parse(await outputOf(...args, '--json'));
      assert.deepEqual(registered, {
        id: 'c1',
        sockets: [
          { path: '/tmp/b', upstream: '/run/b', listen: '/run/r/tmp/b' },
          { path: '/tmp/a', upstream: '/run/new', listen: '/run/r/tmp/a' },
        ],
        refused: [],
      });
      const [first, second] = agent.registered;
      assert.deepEqual(second, { ...first, sockets: second?.sockets, attributes: { team: 'a', tier: '2' } });
    });

    it('adds to a container that was only seen', async () => {
      agent.seen = [container({ id: 'c1', attributes: { 'container.name': 'found' } })];
      await outputOf('register', '--container', 'c1', ...socketOf('/tmp/x'));
      assert.deepEqual(agent.registered[0]?.attributes, {}, 'what the agent finds out is not set for good');
      assert.equal(agent.registered[0]?.sockets.length, 1);
    });

    it('takes an upstream relative to where it runs', async () => {
      await outputOf('register', '--container', 'c1', ...socketOf('/tmp/x', './x.sock'));
      assert.equal(agent.registered[0]?.sockets[0]?.upstream, `${process.cwd()}/x.sock`);
    });

    it('refuses what cannot be', async () => {
      const one = ['register', '--container', 'c1'];
      await assertFails(
        [...one, ...socketOf('tmp/x')],
        /^--path: "tmp\/x" is not absolute; give the path as the/,
      );
      await assertFails([...one, ...socketOf('/x', '')], /^--upstream: "" is empty$/m);
      await assertFails(
        ['register', '--container', '../x', ...socketOf('/x')],
        /^--container: "\.\.\/x" is no container id; give up to 128 letters/,
      );
      await assertFails(
        [...one, ...socketOf('/x'), '--attribute', 'uds.x=y'],
        /^the agent at .*control\.sock refuses: attributes\["uds\.x"\]: "uds\.x" is a name that udscope sets itself/,
      );
      assert.deepEqual(agent.registered, []);
    });

    it('says why a socket is not relayed', async () => {
      agent.registerContainer = async ({ id }) => ({
        id,
        sockets: [],
        refused: [{ path: '/tmp/x', reason: 'no\x1b[2J such upstream' }],
      });
      const message = /^\/tmp\/x of c1 is not relayed: no\\u\{1b\}\[2J such upstream$/m;
      await assertFails(['register', '--container', 'c1', ...socketOf('/tmp/x')], message);
    });

    it('refuses wrong flags', async () => {
      for (const [args, message] of [
        [['--container', 'c1'], /required option '--path <path>' not specified/],
        [['--container', 'c1', ...socketOf('/x'), '--attribute', 'x'], /not of the form name=value/],
        [['--container', 'c1', ...socketOf('/x'), '--attribute', '=x'], /not of the form name=value/],
      ] as const) {
        const { code, output } = await run('register', ...args);
        assert.equal(code, 1);
        assert.match(output, message);
      }
    });
  });

  describe('udscope unregister', () => {
    const registered = () => agent.containers().flatMap(({ id, registration }) => (registration ? [id] : []));

    it('takes back all of a container', async () => {
      await outputOf('register', '--container', 'c1', ...socketOf('/tmp/x'));
      assert.equal(await outputOf('unregister', '--container', 'c1'), '');
      assert.deepEqual(registered(), []);
      const message = /^the agent at .* refuses: no container "c1" is registered$/m;
      await assertFails(['unregister', '--container', 'c1'], message);
    });

    it('takes back one socket, and all with the last', async () => {
      for (const path of ['/tmp/x', '/tmp/y']) {
        await outputOf('register', '--container', 'c1', '--name', 'n', ...socketOf(path));
      }
      await outputOf('unregister', '--container', 'c1', '--path', '/tmp/x');
      assert.deepEqual(agent.registered.at(-1)?.sockets, [{ path: '/tmp/y', upstream: '/run/x' }]);
      assert.deepEqual(agent.registered.at(-1)?.attributes, { 'container.name': 'n' });
      await assertFails(
        ['unregister', '--container', 'c1', '--path', '/tmp/x'],
        /^--path: "\/tmp\/x" is not registered for the container; registered: "\/tmp\/y"$/m,
      );
      await outputOf('unregister', '--container', 'c1', '--path', '/tmp/y');
      assert.deepEqual(registered(), []);
    });
  });
});
