import assert from 'node:assert/strict';
import { useCleanup } from '../../../support/cleanup.js';
import { AgentInMemory, container, peerSocket } from '../agent-in-memory.js';
import { ask, askJson, startControl } from '../fixture.js';

describe('the containers of the control API', () => {
  const cleanup = useCleanup();
  let agent: AgentInMemory;
  let control: string;

  beforeEach(async () => {
    agent = new AgentInMemory();
    control = (await startControl(cleanup, undefined, { agent })).socket;
  });

  const sockets = [{ path: '/tmp/geth.ipc', upstream: '/run/geth.ipc' }];
  const put = (id: string, body: unknown) => askJson(control, 'PUT', `/v1/containers/${id}`, body);

  it('are those that were seen, with processes of the host', async () => {
    agent.seen = [
      container({ id: 'a', sockets: [peerSocket({ scope: undefined })] }),
      container({ id: undefined, attributes: { 'process.executable.name': 'nginx' } }),
    ];
    const { status, value } = await askJson(control, 'GET', '/v1/containers');
    assert.equal(status, 200);
    assert.deepEqual(value, JSON.parse(JSON.stringify(agent.seen)));
    assert.equal('id' in (value as object[])[1]!, false);
  });

  it('are registered, shown with what they were registered with, and removed', async () => {
    const body = { sockets, attributes: { 'container.name': 'wallet' }, marker: '/run/runc/c1' };
    assert.deepEqual(await put('c1', body), {
      status: 200,
      value: { id: 'c1', sockets: [{ ...sockets[0], listen: '/run/r/tmp/geth.ipc' }], refused: [] },
    });
    const { value } = await askJson(control, 'GET', '/v1/containers/c1');
    const { registration, id } = value as { registration: unknown; id: string };
    assert.equal(id, 'c1');
    assert.deepEqual(registration, { ...body, annotations: {}, mounts: [] });
    assert.equal((await put('c1', registration)).status, 200, 'what is shown can be sent again');
    const list = (await askJson(control, 'GET', '/v1/containers')).value as object[];
    assert.deepEqual(
      list.map((each) => 'registration' in each),
      [false],
    );
    assert.equal((await askJson(control, 'DELETE', '/v1/containers/c1')).status, 204);
    assert.deepEqual(await askJson(control, 'GET', '/v1/containers/c1'), {
      status: 404,
      value: { error: 'no container "c1" is known' },
    });
    assert.equal((await askJson(control, 'DELETE', '/v1/containers/c1')).status, 404);
  });

  it('are shown as one when several receivers know them', async () => {
    await put('c1', { sockets });
    agent.seen = [container({ id: 'c1' }), container({ id: 'c2' }), container({ id: 'c2' })];
    const { value } = await askJson(control, 'GET', '/v1/containers/c1');
    const c1 = value as { sockets: unknown[]; registration: unknown; origin: string };
    assert.equal(c1.sockets.length, 2);
    assert.equal(c1.origin, 'control');
    assert.ok(c1.registration);
    const c2 = (await askJson(control, 'GET', '/v1/containers/c2')).value;
    const {
      sockets: [socket],
    } = container();
    assert.deepEqual(c2, { ...container({ id: 'c2' }), sockets: [socket, socket] });
  });

  it('are told apart by the namespace that their id is unique in', async () => {
    const [a, b] = ['a', '/run/runc'].map((name) => `web?namespace=${encodeURIComponent(name)}`);
    for (const each of [a, b]) assert.equal((await put(each ?? '', { sockets })).status, 200);
    assert.deepEqual(
      agent.registered.map(({ id, namespace }) => [id, namespace]),
      [
        ['web', 'a'],
        ['web', '/run/runc'],
      ],
    );
    const { value } = await askJson(control, 'GET', `/v1/containers/${b}`);
    const shown = value as { id: string; namespace: string; registration: object };
    assert.deepEqual([shown.id, shown.namespace], ['web', '/run/runc']);
    assert.equal('namespace' in shown.registration, false, 'it is sent as it was');
    assert.deepEqual(await askJson(control, 'GET', '/v1/containers/web'), {
      status: 409,
      value: { error: 'there are several containers "web"; give a namespace: "a", "/run/runc"' },
    });
    assert.equal((await askJson(control, 'GET', '/v1/containers/web?namespace=c')).status, 404);
    assert.equal((await askJson(control, 'DELETE', `/v1/containers/${a}`)).status, 204);
    assert.equal((await askJson(control, 'GET', '/v1/containers/web')).status, 200);
    for (const bad of ['', '%00', 'x'.repeat(257)]) {
      const refused = await put(`web?namespace=${bad}`, { sockets });
      assert.equal(refused.status, 400);
      assert.match(
        (refused.value as { error: string }).error,
        /^namespace: ".*" is no namespace; give one of containerd/,
      );
    }
  });

  it('are registered with what is mounted, and what cannot be relayed is told', async () => {
    const mounts = [{ destination: '/tmp', source: '/srv', type: 'bind', options: ['rbind', 'ro'] }];
    const long = `/${'x'.repeat(200)}`;
    const body = {
      sockets: [
        { path: '/tmp/a', upstream: '/srv/a', within: '/srv/' },
        { path: '/x', upstream: '/nothing/x', within: '/nothing' },
        { path: long, upstream: '/srv/b', within: '/srv' },
      ],
      mounts,
      bundle: '/b/../c/',
    };
    const { status, value } = await put('c1', body);
    assert.equal(status, 200);
    const { sockets: made, refused } = value as { sockets: { path: string }[]; refused: unknown };
    assert.deepEqual(
      made.map(({ path }) => path),
      ['/tmp/a', long],
    );
    assert.deepEqual(refused, [{ path: '/x', reason: 'nothing is there' }]);
    const [request] = agent.registered;
    assert.deepEqual(request?.mounts, mounts);
    assert.equal(request?.sockets[0]?.within, '/srv');
    assert.equal(request?.bundle, '/c');
    assert.equal(request?.livenessPath, undefined);
  });

  it('keep names that mean something to the language', async () => {
    const annotations = JSON.parse('{"__proto__":"a","constructor":"b"}');
    assert.equal((await put('constructor', { sockets, annotations })).status, 200);
    assert.deepEqual(Object.entries(agent.registered[0]!.annotations), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    assert.equal((await askJson(control, 'GET', '/v1/containers/constructor')).status, 200);
  });

  it('may be registered by many at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        put(`c${i % 5}`, { sockets: [{ path: `/tmp/${i}`, upstream: '/run/x' }] }),
      ),
    );
    answers.forEach(({ status, value }, i) => {
      assert.equal(status, 200);
      const { id, sockets } = value as { id: string; sockets: { path: string }[] };
      assert.deepEqual(
        [id, sockets[0]?.path],
        [`c${i % 5}`, `/tmp/${i}`],
        'everybody gets an answer of his own',
      );
    });
    assert.equal(((await askJson(control, 'GET', '/v1/containers')).value as unknown[]).length, 5);
  });

  describe('refuse ids', () => {
    const long = 'x'.repeat(129);
    for (const id of [
      '%2e%2e%2f',
      '%2e%2e%2fx',
      'a%2fb',
      'a%00',
      '%00',
      '.a',
      '-a',
      'a%20b',
      'a%0a',
      '%f0%9f%90%8b',
      long,
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        it(`${method} ${id.slice(0, 20)}`, async () => {
          const body = method === 'PUT' ? { sockets } : undefined;
          const { status, value } = await askJson(control, method, `/v1/containers/${id}`, body);
          assert.equal(status, 400);
          assert.match(
            (value as { error: string }).error,
            /^container: ".*" is no container id; give up to 128 /,
          );
          assert.deepEqual(agent.registered, []);
          assert.equal(agent.looks, 0);
        });
      }
    }

    it('that are no text', async () => {
      for (const id of ['%zz', '%ff', '%']) {
        const { status, value } = await askJson(control, 'GET', `/v1/containers/${id}`);
        assert.equal(status, 400, id);
        assert.match((value as { error: string }).error, /^"\/v1\/containers\/%.*" has percent signs/);
      }
    });

    it('that lead elsewhere, or nowhere', async () => {
      for (const id of ['../x', '%2e%2e', '%2e%2e/x', '', 'a/b', './']) {
        assert.equal((await ask(control, `/v1/containers/${id}`)).status, 404, id);
      }
      assert.equal((await ask(control, `/v1/containers/${'x'.repeat(20_000)}`)).status, 431);
    });

    it('but not the longest and oddest that may be', async () => {
      for (const id of ['0', 'a.b_c-d+e', 'x'.repeat(128), '8cd79a803caf4d2aa945152e934a5c00-1053176469']) {
        assert.equal((await put(id, { sockets })).status, 200, id);
      }
    });
  });

  describe('refuse', () => {
    const many = <T>(count: number, item: (i: number) => T) =>
      Array.from({ length: count }, (_, i) => item(i));
    const attribute = (name: string, value: unknown = 'x') => ({ sockets, attributes: { [name]: value } });
    const socket = (change: object) => ({ sockets: [{ ...sockets[0], ...change }] });
    const sets = /^attributes\["([^"]+)"\]: "\1" is a name that udscope sets itself; choose another$/;
    const letter = /cannot be the name of an attribute; give one that begins with a letter/;
    const cases: readonly [body: unknown, error: RegExp][] = [
      [{}, /^the body names no socket; send sockets: what an annotation means is decided by udscope-runtime/],
      [
        { annotations: { 'dev.gvisor.uds.monitor.path': '/x' }, mounts: [] },
        /^the body names no socket; send sockets/,
      ],
      [{ sockets: [], mounts: [] }, /^the body names no socket/],
      ['text', /^the body is not an object$/],
      [
        { socket: sockets },
        /^socket is not known; accepted here: sockets, attributes, annotations, mounts, bundle, marker$/,
      ],
      [{ sockets: {} }, /^sockets: an object is not a list$/],
      [{ sockets: [null] }, /^sockets\[0\]: null is not an object$/],
      [{ sockets: [{ path: '/x' }] }, /^sockets\[0\]\.upstream is missing$/],
      [
        socket({ listen: '/y' }),
        /^sockets\[0\]\.listen is not known; accepted here: path, upstream, within$/,
      ],
      [
        socket({ path: 'tmp/x' }),
        /^sockets\[0\]\.path: "tmp\/x" is not absolute; give the path as the container/,
      ],
      [socket({ path: '@x' }), /^sockets\[0\]\.path: "@x" is not absolute/],
      [socket({ path: '' }), /^sockets\[0\]\.path: "" is not absolute/],
      [socket({ path: '/x\0' }), /^sockets\[0\]\.path: "\/x\\u0000" contains a NUL byte$/],
      [socket({ path: `/${'x'.repeat(4095)}` }), /is longer than the 4095 bytes of a path$/],
      [
        socket({ upstream: `/${'x'.repeat(200)}` }),
        /is 201 bytes long; a Unix socket path holds at most 107$/,
      ],
      [socket({ within: 'x' }), /^sockets\[0\]\.within: "x" is not absolute$/],
      [socket({ path: '/x/' }), /is a directory; give the path of a socket$/],
      [
        socket({ path: '/x/..' }),
        /^sockets\[0\]\.path: "\/x\/\.\." is a directory; give the path of a socket$/,
      ],
      [socket({ upstream: 'x' }), /^sockets\[0\]\.upstream: "x" is not absolute; the agent has/],
      [
        { sockets: [...sockets, ...sockets] },
        /^sockets\[1\]\.path: "\/tmp\/geth\.ipc" is a second socket at the same path$/,
      ],
      [
        { sockets: many(65, (i) => ({ path: `/${i}`, upstream: '/x' })) },
        /^sockets: a list is longer than 64$/,
      ],
      [attribute('uds.socket.name'), sets],
      [attribute('rpc.method'), sets],
      [attribute('error.type'), sets],
      [attribute('otel.metric.overflow'), sets],
      [attribute('server.address'), sets],
      [attribute('process.pid'), sets],
      [attribute('container.id'), sets],
      [attribute(''), letter],
      [attribute('a\n'), letter],
      [attribute('__proto__x'), letter],
      [attribute('x'.repeat(257)), letter],
      [attribute('a', 1), /^attributes\.a: 1 is not a string$/],
      [attribute('a', 'x'.repeat(257)), /^attributes\.a: "x+…" is 257 characters long; give at most 256$/],
      [{ sockets, attributes: [] }, /^attributes: a list is not an object$/],
      [
        { sockets, attributes: Object.fromEntries(many(65, (i) => [`a${i}`, ''])) },
        /^attributes: an object has 65 entries; give at most 64$/,
      ],
      [{ sockets, annotations: { a: 1 } }, /^annotations\.a: 1 is not a string$/],
      [
        { sockets, annotations: Object.fromEntries(many(1025, (i) => [`a${i}`, ''])) },
        /^annotations: an object has 1025 entries; give at most 1024$/,
      ],
      [
        { sockets, mounts: many(1025, () => ({ destination: '/x' })) },
        /^mounts: a list is longer than 1024$/,
      ],
      [{ sockets, mounts: [{ source: '/x' }] }, /^mounts\[0\]\.destination is missing$/],
      [
        { sockets, mounts: [{ destination: '/x', uid: 1 }] },
        /^mounts\[0\]\.uid is not known; accepted here: destination,/,
      ],
      [
        { sockets, mounts: [{ destination: '/x', options: 'ro' }] },
        /^mounts\[0\]\.options: "ro" is not a list$/,
      ],
      [{ sockets, bundle: 'x' }, /^bundle: "x" is not absolute$/],
      [{ sockets, marker: '/x\0' }, /^marker: "\/x\\u0000" contains a NUL byte$/],
      [{ sockets, marker: `/${'x'.repeat(4096)}` }, /^marker: .* is longer than the 4095 bytes of a path$/],
    ];
    for (const [body, error] of cases) {
      it(`${JSON.stringify(body).slice(0, 60)}`, async () => {
        const { status, value } = await put('c1', body);
        assert.equal(status, 400);
        assert.match((value as { error: string }).error, error);
        assert.deepEqual(agent.registered, []);
      });
    }
  });
});
