/**
 * Whoever could bind the path of the control socket was taken for the agent, and whatever he answered was mounted: a fake
 * agent had root mount a file of the host that nobody else may read.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, KEY } from '../runtime/support/control-socket.js';
import { Bundle, createContainer, ECHO, fakeRuntime, type Ran } from '../runtime/support/wrapper.js';
import { Child } from '../support/child.js';
import { useCleanup } from '../support/cleanup.js';
import { RawListener } from '../support/raw-stream.js';

const PATH = '/tmp/upstream.sock';
const UID = process.geteuid?.() ?? 0;
const OTHER_UID = 54_321;

/** Only root has sockets of other users. */
const asRoot = (title: string, test: () => Promise<void>) =>
  UID === 0 ? it(title, test) : it.skip(`${title} (needs root)`, test);

describe('What a stranger answers on the control socket', () => {
  const cleanup = useCleanup();
  let directory = '';
  let control = '';
  let bundle: Bundle;
  beforeEach(() => {
    directory = cleanup.directory();
    control = join(directory, 'control.sock');
    bundle = new Bundle(cleanup);
  });

  const create = (...flags: string[]): Promise<Ran> =>
    createContainer({ runtime: fakeRuntime(directory, ECHO), control }, bundle, flags);

  /** An agent that runs as another user. */
  const fakeAgent = (at: string, ...listen: string[]) =>
    Child.start(cleanup, '../regression/support/fake-agent', [OTHER_UID, at, ...listen]).hear();

  /** The container is made, with what it would have without an agent; or it is not. */
  async function isRefused(said: RegExp, ...flags: string[]): Promise<void> {
    const { text } = bundle;
    const open = await create(...flags);
    assert.deepEqual([open.code, bundle.text], [0, text]);
    assert.match(open.stderr, said);
    const closed = await create('--udscope-fail=closed', ...flags);
    assert.deepEqual([closed.code, closed.stdout, bundle.text], [1, '', text]);
    assert.match(closed.stderr, said);
  }

  it('is not asked for, when another user than root or the configured one serves it', async () => {
    if (UID === 0) {
      const place = cleanup.directory();
      chownSync(place, OTHER_UID, OTHER_UID);
      await fakeAgent(join(place, 's'));
      // Where root alone can have put it, so that it is the kernel's word that counts.
      renameSync(join(place, 's'), control);
      chownSync(control, 0, 0);
      await isRefused(/it is served by user 54321, and only root is believed/);
      await isRefused(/only root or user 7 is believed/, '--udscope-agent-uid=7');
    } else {
      const agent = await Agent.start(cleanup, control);
      await isRefused(/cannot ask the agent at/, `--udscope-agent-uid=${OTHER_UID}`);
      assert.deepEqual(agent.asked, []);
    }
  });

  it('is not asked for, when others can put a socket of their own there', async () => {
    const agent = await Agent.start(cleanup, control);
    chmodSync(directory, 0o770);
    await isRefused(/it is below \S+, which others can write to/);
    assert.deepEqual(agent.asked, []);
  });

  asRoot('is asked for when the configured user serves it', async () => {
    const place = cleanup.directory();
    chownSync(place, OTHER_UID, OTHER_UID);
    control = join(place, 's');
    await fakeAgent(control);
    const ran = await create(`--udscope-agent-uid=${OTHER_UID}`);
    assert.deepEqual([ran.code, ran.stderr], [0, '']);
    assert.equal(JSON.parse(bundle.text).mounts[0].source, join(place, 'c1', '0.sock'));
  });

  describe('is not mounted, when it is', () => {
    /** The agent answers with that path. */
    async function answers(listen: string): Promise<void> {
      agent ??= await Agent.start(cleanup, control);
      const sockets = [{ path: PATH, upstream: '/u', listen }];
      agent.answer = (_, response) => response.end(JSON.stringify({ id: 'c1', sockets, refused: [] }));
    }

    let agent: Agent | undefined;
    beforeEach(() => {
      agent = undefined;
    });

    function folder(name: string, mode = 0o755): string {
      const path = join(directory, name);
      mkdirSync(path);
      chmodSync(path, mode);
      return path;
    }

    it('a file', async () => {
      const secret = join(folder('a'), 'secret');
      writeFileSync(secret, '', { mode: 0o600 });
      await answers(secret);
      await isRefused(/\/tmp\/upstream\.sock is not mounted from \S+secret, .*: that is not a socket/);
    });

    it('a directory, or nothing', async () => {
      await answers(folder('a'));
      await isRefused(/that is not a socket/);
      await answers(join(directory, 'none', '0.sock'));
      await isRefused(/that cannot be accessed: ENOENT/);
    });

    it('a link, to a socket too', async () => {
      const { path } = RawListener.listen(join(folder('a'), 's'), cleanup);
      symlinkSync(path, join(directory, 'a', 'link'));
      await answers(join(directory, 'a', 'link'));
      await isRefused(/that is a symbolic link/);
    });

    it('a socket where others can put another', async () => {
      for (const [name, mode] of [
        ['group', 0o775],
        ['sticky', 0o1777],
      ] as const) {
        const { path } = RawListener.listen(join(folder(name, mode), 's'), cleanup);
        await answers(path);
        await isRefused(
          mode === 0o775 ? /which others can write to/ : /is in a directory that is not that of user/,
        );
      }
      const { path } = RawListener.listen(join(folder('deep', 0o777), 'x'), cleanup);
      mkdirSync(join(directory, 'deep', 'closed'));
      renameSync(path, join(directory, 'deep', 'closed', 's'));
      await answers(join(directory, 'deep', 'closed', 's'));
      await isRefused(/is below \S+deep, which others can write to/);
    });

    asRoot('a socket of another user than the agent, in his directory', async () => {
      const { path } = RawListener.listen(join(folder('a'), 's'), cleanup);
      chownSync(join(directory, 'a'), OTHER_UID, OTHER_UID);
      await answers(path);
      await isRefused(/is below \S+, which belongs to user 54321/);
    });
  });

  asRoot('is no socket that an agent without root could not have made', async () => {
    const place = cleanup.directory();
    chownSync(place, OTHER_UID, OTHER_UID);
    control = join(place, 's');
    const { path } = RawListener.listen(join(directory, 'of-root.sock'), cleanup);
    await fakeAgent(control, path);
    await isRefused(/is in a directory that is not that of user 54321/, `--udscope-agent-uid=${OTHER_UID}`);
  });

  asRoot(
    'is mounted with the owner of the socket that it stands for, when the agent has given it that',
    async () => {
      const agent = await Agent.start(cleanup, control);
      const { answer } = agent;
      agent.answer = (asked, response) => {
        answer(asked, response);
        chownSync(agent.relayPath('c1', 0), OTHER_UID, OTHER_UID);
      };
      const ran = await create('--udscope-fail=closed');
      assert.deepEqual([ran.code, ran.stderr], [0, '']);
      assert.equal(JSON.parse(bundle.text).mounts[0].source, agent.relayPath('c1', 0));
      assert.ok(JSON.parse(bundle.text).annotations[KEY]);
    },
  );
});
