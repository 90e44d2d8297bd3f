/**
 * Ids are unique in a namespace of containerd, or a root of a runtime. The second container of an id got the sockets of
 * the first, whose connections were cut.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from '../runtime/support/control-socket.js';
import { Bundle, ECHO, fakeRuntime, runWrapper } from '../runtime/support/wrapper.js';
import { useCleanup } from '../support/cleanup.js';

describe('Two containers of one id, in two namespaces of containerd', () => {
  const cleanup = useCleanup();

  for (const [name, roots, namespaces] of [
    ['runc', ['containerd/runc/a', 'containerd/runc/b'], ['a', 'b']],
    ['runsc', ['containerd/runsc/a', 'containerd/runsc/b'], ['a', 'b']],
    ['runc', ['r1', 'r2'], undefined],
  ] as const) {
    it(`are registered as two by the wrapper: ${name}, ${roots}`, async () => {
      const directory = cleanup.directory();
      const agent = await Agent.start(cleanup, join(directory, 'control.sock'));
      const runtime = fakeRuntime(directory, ECHO, name);
      const own = [`--udscope-runtime=${runtime}`, `--udscope-control=${agent.control}`];
      for (const root of roots) {
        mkdirSync(join(directory, root), { recursive: true });
        const { path } = new Bundle(cleanup);
        await runWrapper([...own, '--root', join(directory, root), 'create', '--bundle', path, 'c1']);
      }
      const asked = agent.asked.map(({ url }) =>
        new URL(url ?? '', 'http://agent').searchParams.get('namespace'),
      );
      assert.deepEqual(asked, namespaces ?? roots.map((root) => join(directory, root)));
    });
  }
});
