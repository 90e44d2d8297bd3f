import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, linkSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SOCK_DGRAM, SOCK_SEQPACKET } from '../../src/linux/constants.js';
import { listenName } from '../../src/store/names.js';
import { useCleanup } from '../support/cleanup.js';
import { bindSocket } from '../support/message-socket.js';
import { RealProcess } from '../support/process.js';
import { RawListener, RawStream } from '../support/raw-stream.js';
import { Supervised } from '../support/supervised.js';

/** Compiled, this file is in dist/test/agent. */
const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

describe('an agent that systemd passes descriptors to', () => {
  const cleanup = useCleanup();
  let place: Supervised;

  beforeEach(async () => {
    place = await Supervised.prepare(cleanup);
  });

  /** Starts it as systemd does: LISTEN_PID is its own pid. */
  async function start(fds: readonly number[], names: readonly string[]): Promise<RealProcess> {
    const script = 'LISTEN_PID=$$ exec "$0" "$@"';
    const child = spawn('sh', ['-c', script, process.execPath, COMMAND, 'run', '--config', place.file], {
      env: { ...process.env, LISTEN_FDS: String(fds.length), LISTEN_FDNAMES: names.join(':') },
      stdio: ['ignore', 'pipe', 'pipe', ...fds],
    });
    const agent = new RealProcess('udscope', child);
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
    return agent;
  }

  async function assertRelayed(path: string): Promise<void> {
    const stream = RawStream.connect(path, cleanup);
    stream.send(Buffer.from('hello'));
    assert.equal(String(await stream.receiveExactly(5)), 'hello');
    // An agent that is stopped waits for connections.
    stream.close();
  }

  const path = (name: string) => join(place.directory, name);

  it('goes on with what it had stored, and removes it when it stops', async () => {
    const listen = path('l.sock');
    place.configure([place.socket({ listen })]);
    const listener = RawListener.listen(listen, cleanup);
    const { ino } = lstatSync(listen);
    const early = RawStream.connect(listen, cleanup);
    early.send(Buffer.from('early'));
    const agent = await start([listener.fd], [listenName(listen)]);
    assert.equal(String(await early.receiveExactly(5)), 'early');
    assert.equal(lstatSync(listen).ino, ino);
    early.close();
    await agent.stop();
    assert.ok(!existsSync(listen));
  });

  it('listens on the socket of a unit that has its path, and leaves the file alone', async () => {
    const listen = path('l.sock');
    const listener = RawListener.listen(listen, cleanup);
    const { mode } = lstatSync(listen);
    place.configure([place.socket({ listen })]);
    const agent = await start([listener.fd], ['whatever.socket']);
    await assertRelayed(listen);
    assert.equal(lstatSync(listen).mode, mode);
    await agent.stop();
    assert.ok(existsSync(listen));
  });

  it('listens on the socket of a unit that has the name of a configured one, by another way to its file', async () => {
    const listener = RawListener.listen(path('bound.sock'), cleanup);
    linkSync(path('bound.sock'), path('linked.sock'));
    place.configure([place.socket({ listen: path('linked.sock') })]);
    await start([listener.fd], ['echo']);
    await assertRelayed(path('bound.sock'));
    await assertRelayed(path('linked.sock'));
  });

  it('removes what is not configured any more', async () => {
    const listener = RawListener.listen(path('old.sock'), cleanup);
    const agent = await start([listener.fd], [listenName(path('old.sock'))]);
    assert.ok(!existsSync(path('old.sock')));
    assert.match(agent.output, /no longer relaying .*old\.sock/);
  });

  it('binds anew where it is passed something else, and says so', async () => {
    const listens = ['file.sock', 'datagram.sock', 'packets.sock', 'other.sock'].map(path);
    place.configure(listens.map((listen, i) => place.socket({ name: `s${i}`, listen })));
    const fds = [
      0,
      bindSocket(SOCK_DGRAM, path('d'), cleanup),
      bindSocket(SOCK_SEQPACKET, path('p'), cleanup),
      RawListener.listen(path('somewhere'), cleanup).fd,
    ];
    const agent = await start(fds, listens.map(listenName));
    for (const listen of listens) await assertRelayed(listen);
    for (const reason of ['is no socket', 'is not of type stream', 'its file was removed'])
      assert.match(agent.output, new RegExp(`is bound anew: .*${reason}`));
    assert.ok(existsSync(path('somewhere')), 'what is bound elsewhere is not its own');
  });

  it('says which sockets of units it has no use for', async () => {
    const agent = await start([RawListener.listen(path('x.sock'), cleanup).fd], ['x.socket']);
    assert.match(agent.output, /no socket of the configuration listens on .*x\.socket at .*x\.sock/);
    assert.ok(existsSync(path('x.sock')));
  });
});
