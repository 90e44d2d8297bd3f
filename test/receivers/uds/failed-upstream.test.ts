import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { asidePath } from '../../../src/linux/front.js';
import { ListenSocket } from '../../../src/linux/unix-listener.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { RawListener, RawStream } from '../../support/raw-stream.js';
import { passes, ReceiverFixture } from '../../support/receiver-fixture.js';

const ROUNDS = 50;
const RESTARTS = 5;
/** How long a server has bound its path before it listens, in ms. */
const BOUND_MS = 20;

describe('a relay socket whose upstream is down', () => {
  const cleanup = useCleanup();
  let fixture: ReceiverFixture;

  beforeEach(() => {
    fixture = new ReceiverFixture(cleanup);
  });

  function meets(name: string): string {
    const client = RawStream.tryConnect(fixture.path(name), cleanup);
    return typeof client === 'string' ? client : 'connected';
  }

  async function looksDirect(): Promise<void> {
    await eventually('it looks like its upstream', () => meets('a.relay') === meets('a'));
  }

  /** With an upstream that has been there. */
  async function startHidden(): Promise<void> {
    fixture.listen('a').close();
    await fixture.apply([fixture.socket('a')]);
    rmSync(fixture.path('a'));
    // Whoever looks by connecting may be let in just before, and be the first to be served afterwards.
    await eventually('it is hidden', () => !existsSync(fixture.path('a.relay')));
  }

  it('can be mounted before there has been an upstream, and is the same inode for ever', async () => {
    await fixture.apply([fixture.socket('a')]);
    const { ino } = statSync(fixture.path('a.relay'));
    const early = RawStream.connect(fixture.path('a.relay'), cleanup);
    early.send(Buffer.from('hello'));
    assert.deepEqual(await early.receiveAll(), { bytes: Buffer.alloc(0), end: 'EOF' });
    const upstream = fixture.listen('a');
    assert.ok(await passes(fixture.connect('a'), await upstream.accept(cleanup), 'hello'));
    assert.equal(statSync(fixture.path('a.relay')).ino, ino);
  });

  it('looks as that does: absent, refusing, and served again, by the same inode', async () => {
    const first = fixture.listen('a');
    await fixture.apply([fixture.socket('a')]);
    const { ino } = statSync(fixture.path('a.relay'));
    assert.equal(meets('a.relay'), 'connected');
    first.close();
    await looksDirect();
    assert.equal(meets('a.relay'), 'ECONNREFUSED');
    rmSync(fixture.path('a'));
    await looksDirect();
    assert.equal(meets('a.relay'), 'ENOENT');
    fixture.listen('a').close();
    await looksDirect();
    assert.equal(meets('a.relay'), 'ECONNREFUSED');
    rmSync(fixture.path('a'));
    fixture.listen('a');
    await looksDirect();
    assert.equal(meets('a.relay'), 'connected');
    assert.equal(statSync(fixture.path('a.relay')).ino, ino);
    assert.deepEqual(readdirSync(fixture.directory).sort(), ['a', 'a.relay']);
    assert.equal(fixture.log.filter((line) => /refuses clients|is not there, nor/.test(line)).length, 1);
  });

  it('looks as that does also where its file was removed just then', async () => {
    const upstream = fixture.listen('a');
    await fixture.apply([fixture.socket('a')]);
    rmSync(fixture.path('a.relay'));
    upstream.close();
    await looksDirect();
    assert.equal(meets('a.relay'), 'ECONNREFUSED');
  });

  it('stays while a server restarts, or has bound its path and does not listen yet', async () => {
    const upstream = fixture.listen('a');
    await fixture.apply([fixture.socket('a')]);
    for (let restart = 0; restart < RESTARTS; restart++) {
      upstream.close();
      rmSync(fixture.path('a'), { force: true });
      const next = ListenSocket.bind(fixture.path('a'));
      await sleep(BOUND_MS);
      next.listen();
      assert.equal(meets('a.relay'), 'connected');
      await sleep(BOUND_MS);
      next.close();
    }
  });

  it('ends who has mounted the file without a reset, whatever he has sent', async () => {
    const upstream = fixture.listen('a');
    await fixture.apply([fixture.socket('a')]);
    upstream.close();
    await eventually('it refuses', () => meets('a.relay') === 'ECONNREFUSED');
    for (let round = 0; round < ROUNDS; round++) {
      const client = RawStream.connect(asidePath(fixture.path('a.relay')), cleanup);
      client.send(Buffer.alloc(round * 1000 + 1));
      assert.deepEqual(await client.receiveAll(), { bytes: Buffer.alloc(0), end: 'EOF' });
    }
  });

  it('serves who has mounted the file as soon as there is somebody to serve him', async () => {
    await startHidden();
    const upstream = fixture.listen('a');
    const client = RawStream.connect(asidePath(fixture.path('a.relay')), cleanup);
    assert.ok(await passes(client, await upstream.accept(cleanup), 'hello'));
  });

  it('never lets in whom the upstream would not: it has its mode before it is shown', async () => {
    const first = fixture.listen('a');
    chmodSync(fixture.path('a'), 0o666);
    await fixture.apply([fixture.socket('a')]);
    first.close();
    await eventually('it refuses', () => meets('a.relay') === 'ECONNREFUSED');
    assert.equal(statSync(fixture.path('a.relay')).mode & 0o777, 0o666);
    rmSync(fixture.path('a'));
    await eventually('it is gone', () => meets('a.relay') === 'ENOENT');
    fixture.listen('a');
    chmodSync(fixture.path('a'), 0o600);
    await sleep(1);
    const mode = () => statSync(fixture.path('a.relay'), { throwIfNoEntry: false })?.mode ?? 0;
    await eventually('it is shown', () => mode() !== 0);
    assert.equal(mode() & 0o777, 0o600);
  });

  it('leaves nothing behind when the agent ends, whatever it looks like', async () => {
    for (const what of ['absent', 'refusing']) {
      const agent = new ReceiverFixture(cleanup);
      agent.listen('a').close();
      await agent.apply([agent.socket('a')]);
      if (what === 'absent') {
        rmSync(agent.path('a'));
        const isThere = () => existsSync(agent.path('a.relay'));
        await eventually('it is absent', () => !isThere());
      }
      await agent.receiver.shutdown(0);
      assert.deepEqual(readdirSync(agent.directory), what === 'refusing' ? ['a'] : []);
    }
  });

  it('takes a path back from others who have used it while it was hidden', async () => {
    await startHidden();
    const other = fixture.listen('a.relay');
    fixture.listen('a');
    await eventually('it is said', () =>
      fixture.log.some((line) => /another process is listening there.*clients do not reach us/.test(line)),
    );
    assert.match(fixture.receiver.problemOf(fixture.path('a.relay')) ?? '', /another process/);
    other.close();
    await eventually(
      'it is there again',
      () => fixture.receiver.problemOf(fixture.path('a.relay')) === undefined,
    );
    assert.equal(meets('a.relay'), 'connected');
  });

  it('comes back with its upstream every time, for clients that connect all the time', async () => {
    await fixture.apply([fixture.socket('a')]);
    const lateMs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const upstream = RawListener.listen(fixture.path('a'), cleanup);
      const startMs = performance.now();
      await eventually('it is served', () => meets('a.relay') === 'connected');
      lateMs.push(performance.now() - startMs);
      upstream.close();
      if (round % 2 === 0) await looksDirect();
      rmSync(fixture.path('a'));
      await looksDirect();
    }
    lateMs.sort((a, b) => a - b);
    assert.ok((lateMs[ROUNDS / 2] ?? 0) < 50, `half of the times within 50 ms: ${lateMs}`);
  });

  it('is not hidden where it has an abstract name, and ends its clients', async () => {
    const listen = `@udscope-failed-${process.pid}`;
    await fixture.apply([fixture.socket('a', { listen })]);
    const client = RawStream.connect(listen, cleanup);
    client.send(Buffer.from('hello'));
    assert.equal((await client.receiveAll()).end, 'EOF');
  });
});
