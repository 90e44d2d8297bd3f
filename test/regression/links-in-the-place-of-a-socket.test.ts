/**
 * The agent gave owner and mode to whatever the path of a relay socket led to: who could write to its directory put a link
 * there, and had a file of the host opened to everybody, or made and removed in other directories.
 */
import assert from 'node:assert/strict';
import {
  type BigIntStats,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { geteuid } from 'node:process';
import { pino } from 'pino';
import { ListenError } from '../../src/linux/unix-listener.js';
import { udsSocketSchema } from '../../src/receivers/uds/config.js';
import { RelaySocketFile } from '../../src/receivers/uds/sockets/relay-socket-file.js';
import { NO_STORE } from '../../src/store/descriptor-store.js';
import { Child } from '../support/child.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RawListener } from '../support/raw-stream.js';
import { ReceiverFixture } from '../support/receiver-fixture.js';

/** To whom the directory belongs: somebody else, if we may become him. */
const HOSTILE_UID = geteuid?.() === 0 ? 4242 : 0;

const ATTEMPTS = 500;

describe('who may write to the directory of a relay socket', () => {
  const cleanup = useCleanup();

  function mode(path: string): number {
    return statSync(path).mode & 0o7777;
  }

  it('opens no file with a link in the place of a socket that waits for its upstream', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const victim = fixture.path('victim');
    writeFileSync(victim, 'secret', { mode: 0o600 });
    // The second, which is left alone, gets its access after the first would.
    await fixture.apply([fixture.socket('late'), fixture.socket('b', { upstream: fixture.path('late') })]);
    renameSync(fixture.path('late.relay'), fixture.path('moved'));
    symlinkSync(victim, fixture.path('late.relay'));
    fixture.listen('late');
    chmodSync(fixture.path('late'), 0o666);
    await eventually('access is given', () => mode(fixture.path('b.relay')) === 0o666);
    assert.equal(mode(victim), 0o600);
  });

  it('opens no socket with a link to a file that everybody may write to in the place of its upstream', async () => {
    const fixture = new ReceiverFixture(cleanup);
    writeFileSync(fixture.path('open'), '');
    chmodSync(fixture.path('open'), 0o666);
    symlinkSync(fixture.path('open'), fixture.path('a'));
    await fixture.apply([fixture.socket('a')]);
    assert.equal(mode(fixture.path('a.relay')), 0o600);
  });

  // He is root, as the root of a container is, and has the directory above that of the socket mounted.
  it('makes no socket elsewhere for a link to a directory that was put on the way', async () => {
    const fixture = new ReceiverFixture(cleanup);
    for (const folder of ['theirs/in', 'host']) mkdirSync(fixture.path(folder), { recursive: true });
    const listen = fixture.path('theirs/in/a.relay');
    await fixture.apply([fixture.socket('a', { listen })]);
    renameSync(fixture.path('theirs/in'), fixture.path('theirs/moved'));
    symlinkSync(fixture.path('host'), fixture.path('theirs/in'));
    const made = () => readdirSync(fixture.path('host'));
    // His own user's links another user may follow.
    if (geteuid?.() !== 0) return eventually('it is made there', () => made().length === 1);
    await eventually('it is refused', () => fixture.log.some((line) => /not followed/.test(line)));
    assert.deepEqual(made(), []);
  });

  for (const what of ['symlink', 'link', 'directory']) {
    it(`wins no race with a ${what}`, () =>
      race(what, HOSTILE_UID, what === 'directory' ? 'directory' : 'file'));
  }

  // As the root of a container does who has the directory mounted: of all users it is that of the agent.
  for (const [what, victim] of [
    ['symlink', 'file'],
    ['link', 'file'],
    ['link', 'socket'],
  ] as const) {
    it(`wins no race with a ${what} to a ${victim} as the same user`, () => race(what, 0, victim));
  }

  async function race(what: string, uid: number, kind: 'file' | 'socket' | 'directory'): Promise<void> {
    const root = cleanup.directory();
    chmodSync(root, 0o755);
    const [directory, victim, upstream] = [`${root}/theirs`, `${root}/victim`, `${root}/upstream`];
    mkdirSync(`${directory}/in`, { recursive: true });
    for (const path of [directory, `${directory}/in`]) {
      if (uid !== 0) chownSync(path, uid, uid);
      else if (kind === 'directory') chmodSync(path, 0o777);
    }
    if (kind === 'directory') mkdirSync(victim);
    else if (kind === 'file') writeFileSync(victim, 'secret');
    else RawListener.listen(victim, cleanup);
    // Links to a file may be made by who may read and write it (proc_sys_fs(5), protected_hardlinks).
    chmodSync(victim, kind === 'file' ? 0o606 : 0o600);
    RawListener.listen(upstream, cleanup);
    chmodSync(upstream, 0o660);
    const before = fingerprint(victim);
    const listen = `${directory}/in/a.sock`;
    const hostile = Child.start(cleanup, 'swapping-process', [uid, what, listen, victim]);
    await hostile.hear();
    const bound = bindOften(listen, upstream);
    await hostile.kill('SIGKILL');
    assert.deepEqual(fingerprint(victim), before);
    // Of one whose directory is away most of the time perhaps none does.
    assert.ok(bound > 0 || kind === 'directory', 'some attempts came through');
  }

  /** What must not change. Links to a file change its ctime and count of links; an entry in a directory, its mtime. */
  function fingerprint(path: string) {
    const { mode, uid, gid, mtimeNs }: BigIntStats = statSync(path, { bigint: true });
    return { mode, uid, gid, mtimeNs };
  }

  /** Binds and gives access again and again; how often that came through. */
  function bindOften(listen: string, upstream: string): number {
    const config = udsSocketSchema.parse({ listen, upstream });
    const logger = pino({ level: 'silent' });
    let bound = 0;
    for (let i = 0; i < ATTEMPTS; i++) {
      try {
        const file = RelaySocketFile.bind(config, { logger, store: NO_STORE, takeovers: () => '/nowhere' });
        bound++;
        file.close();
      } catch (error) {
        assert.ok(error instanceof ListenError, String(error));
      }
    }
    assert.ok(existsSync(upstream));
    return bound;
  }
});
