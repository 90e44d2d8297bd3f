/**
 * A bundle that had been prepared kept its mount of the relay socket: run again without the agent, the container got the
 * dead socket, or could not be made, although it was to run unmonitored then.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { REWRITE_RECORD } from '../../src/runtime/rewrite-record.js';
import { Agent, KEY } from '../runtime/support/control-socket.js';
import {
  Bundle,
  createContainer,
  ECHO,
  fakeRuntime,
  type Ran,
  SOCKET_MOUNT,
  specification,
} from '../runtime/support/wrapper.js';
import { Cleanup, useCleanup } from '../support/cleanup.js';

const DIRECTORY_MOUNT = { destination: '/d', type: 'bind', source: '/run/other', options: ['rbind'] };
const PATHS = `/tmp/upstream.sock,/d/x.sock,/d/y.sock`;

describe('A bundle that is run again without its agent', () => {
  const cleanup = useCleanup();
  let directory = '';
  let control = '';
  beforeEach(() => {
    directory = cleanup.directory();
    control = join(directory, 'control.sock');
  });

  const create = (bundle: Bundle, ...flags: string[]): Promise<Ran> =>
    createContainer({ runtime: fakeRuntime(directory, ECHO), control }, bundle, flags);

  /** It is prepared with an agent that is gone then. */
  async function prepared(text: string): Promise<Bundle> {
    const bundle = new Bundle(cleanup, text);
    const life = new Cleanup();
    await Agent.start(life, control);
    const ran = await create(bundle, '--udscope-fail=closed');
    assert.deepEqual([ran.code, ran.stderr], [0, '']);
    assert.notEqual(bundle.text, text);
    await life.run();
    return bundle;
  }

  const mounts = [DIRECTORY_MOUNT, SOCKET_MOUNT];
  const texts = [
    specification({ [KEY]: PATHS }, mounts),
    specification({ [KEY]: PATHS, other: 'x' }, [{ ...SOCKET_MOUNT, options: ['bind'] }, DIRECTORY_MOUNT]),
    JSON.stringify({
      annotations: { [KEY]: '/tmp/upstream.sock' },
      mounts: [{ ...SOCKET_MOUNT, options: [] }],
    }),
    JSON.stringify({
      annotations: { [KEY]: '/tmp/upstream.sock' },
      mounts: [{ destination: '/tmp/upstream.sock', type: 'bind', source: '/run/service/upstream.sock' }],
    }),
  ];
  for (const [n, text] of texts.entries()) {
    it(`has the real sockets, and is as it was to the last byte: ${n}`, async () => {
      const bundle = await prepared(text);
      const ran = await create(bundle);
      assert.equal(ran.code, 0);
      assert.match(ran.stderr, /warning: container "c1" is started, but not monitored: cannot ask the agent/);
      assert.equal(bundle.text, text);
    });
  }

  it('is not made when it has to be monitored, and stays as it is', async () => {
    const bundle = await prepared(texts[0] ?? '');
    const { text } = bundle;
    assert.equal((await create(bundle, '--udscope-fail=closed')).code, 1);
    assert.equal(bundle.text, text);
  });

  it('has the real socket when it is not annotated any more, whatever is done without an agent', async () => {
    for (const fail of ['open', 'closed']) {
      const bundle = await prepared(specification({ [KEY]: PATHS, other: 'x' }, mounts));
      const without = new Bundle(cleanup, bundle.text.replace(KEY, 'none'));
      const ran = await create(without, `--udscope-fail=${fail}`);
      assert.deepEqual([ran.code, ran.stderr], [0, '']);
      assert.equal(without.text, specification({ none: PATHS, other: 'x' }, mounts));
    }
  });

  it('has those of which an agent that is there again relays none', async () => {
    const bundle = await prepared(texts[0] ?? '');
    const agent = await Agent.start(cleanup, control);
    agent.answer = (_, response) =>
      response.end(
        JSON.stringify(agent.registration('c1', [{ path: '/d/y.sock', upstream: '/u', within: '/u' }])),
      );
    const ran = await create(bundle);
    assert.equal(ran.code, 0);
    const { mounts: now, annotations } = JSON.parse(bundle.text);
    assert.deepEqual(
      now.map(({ source }: { source: string }) => source),
      ['/run/other', agent.relayPath('c1', 0), '/run/service/upstream.sock'],
    );
    assert.deepEqual(
      JSON.parse(annotations[REWRITE_RECORD]).sockets.map(({ path }: { path: string }) => path),
      ['/d/y.sock'],
    );
  });

  describe('whose mark somebody has forged', () => {
    const forged = (listen: string, source: string) => {
      const mark = { sockets: [{ path: '/tmp/upstream.sock', listen, source, added: false }] };
      return specification({ [KEY]: '/tmp/upstream.sock', [REWRITE_RECORD]: JSON.stringify(mark) }, [
        { ...SOCKET_MOUNT, source: listen },
      ]);
    };

    it('gets nothing by it that it has not mounted', async () => {
      for (const listen of [
        '/allowed/x.sock',
        `${directory}`,
        `${directory}/../x.sock`,
        `${directory}x/0.sock`,
      ]) {
        const text = forged(listen, '/run/docker.sock');
        const bundle = new Bundle(cleanup, text);
        assert.equal((await create(bundle)).code, 0);
        assert.equal(bundle.text, text, listen);
      }
    });
  });
});
