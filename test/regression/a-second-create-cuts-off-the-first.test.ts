/**
 * A runtime refuses to make a container whose id is taken. Before it came to that, the wrapper had registered the second
 * one in the place of the first, or taken it back: sockets of a running container were gone, its connections cut.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, KEY } from '../runtime/support/control-socket.js';
import {
  Bundle,
  ECHO,
  fakeRuntime,
  type Ran,
  runWrapper,
  SOCKET_MOUNT,
  specification,
} from '../runtime/support/wrapper.js';
import { useCleanup } from '../support/cleanup.js';

describe('The id of a container that is there already', () => {
  const cleanup = useCleanup();
  let root = '';
  let agent: Agent;
  beforeEach(async () => {
    root = cleanup.directory();
    agent = await Agent.start(cleanup, join(root, 'control.sock'));
  });

  function create(bundle: Bundle, fail: 'open' | 'closed'): Promise<Ran> {
    const runtime = fakeRuntime(root, ECHO);
    const own = [
      `--udscope-runtime=${runtime}`,
      `--udscope-control=${agent.control}`,
      `--udscope-fail=${fail}`,
    ];
    return runWrapper([...own, '--root', root, 'create', '--bundle', bundle.path, 'c1']);
  }

  const methods = () => agent.asked.map(({ method }) => method);

  it('is not registered again, and the runtime gets to refuse it', async () => {
    mkdirSync(join(root, 'c1'));
    const bundle = new Bundle(cleanup);
    const ran = await create(bundle, 'open');
    assert.match(ran.stdout, /\[c1\]$/);
    assert.match(ran.stderr, /there is a container of that id already: \S+\/c1/);
    assert.deepEqual(methods(), []);
    assert.equal((await create(bundle, 'closed')).code, 1);
    assert.deepEqual(methods(), []);
  });

  it('is not taken back when what was prepared before fails the second time', async () => {
    const bundle = new Bundle(cleanup, specification({ [KEY]: '/tmp/upstream.sock' }, [SOCKET_MOUNT]));
    assert.equal((await create(bundle, 'closed')).code, 0);
    mkdirSync(join(root, 'c1'));
    agent.answer = (_, response) => response.end('{"id":"c1","sockets":[],"refused":[]}');
    assert.equal((await create(bundle, 'closed')).code, 1);
    assert.deepEqual(methods(), ['PUT', 'PUT']);
  });
});
