import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { putBackRecorded, recordedTakeovers } from '../../../src/layout/takeover-records.js';
import { asidePath } from '../../../src/linux/front.js';
import { upstreamAsidePath } from '../../../src/linux/takeover.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { RawListener, RawStream } from '../../support/raw-stream.js';
import { passes, ReceiverFixture } from '../../support/receiver-fixture.js';

const ROUNDS = 50;

describe('a path that is taken over', () => {
  const cleanup = useCleanup();
  let path: string;
  let fixture: ReceiverFixture;

  beforeEach(() => {
    path = `${cleanup.directory()}/docker.sock`;
    fixture = new ReceiverFixture(cleanup);
  });

  const socket = (more = {}) => ({ name: 'docker', upstream: path, takeover: true, ...more }) as never;
  const privately = (agent = fixture) => ({ containers: { directory: agent.path('private/containers') } });
  const records = (agent = fixture) => agent.path('private/takeovers');
  const take = (agent = fixture) => agent.apply([socket()], privately(agent));
  const serve = () => RawListener.listen(path, cleanup);
  const inodeAt = (at: string) => statSync(at, { throwIfNoEntry: false })?.ino;
  const files = () => readdirSync(dirname(path)).sort();
  const isTaken = () => inodeAt(path) === inodeAt(asidePath(path)) && inodeAt(path) !== undefined;

  it('is relayed and counted under its own name, and its server sees nothing of it', async () => {
    const upstream = serve();
    chmodSync(path, 0o640);
    await take();
    assert.ok(isTaken());
    assert.equal(statSync(path).mode & 0o777, 0o640);
    const client = RawStream.connect(path, cleanup);
    assert.ok(await passes(client, await upstream.accept(cleanup), 'hello'));
    await eventually('it is counted', () => fixture.total('uds.send_bytes', 'docker') === 5);
    const [sample] = fixture.samples('uds.send_bytes');
    assert.equal(sample?.attributes['uds.socket.path'], path);
  });

  it('is put back when the agent ends, the same inode, and nothing of ours is left', async () => {
    serve();
    const before = inodeAt(path);
    await take();
    assert.deepEqual(recordedTakeovers(records()), [path]);
    await fixture.receiver.shutdown(0);
    assert.equal(inodeAt(path), before);
    assert.deepEqual(files(), [basename(path)]);
    assert.deepEqual(recordedTakeovers(records()), []);
  });

  it('is put back when the configuration drops it, and clients that wait are served', async () => {
    const upstream = serve();
    const before = inodeAt(path);
    await take();
    const clients = Array.from({ length: 100 }, () => RawStream.connect(path, cleanup));
    await fixture.apply([], privately());
    assert.equal(inodeAt(path), before);
    for (const client of clients)
      assert.ok(await passes(client, await upstream.accept(cleanup), 'still served'));
    assert.deepEqual(files(), [basename(path)]);
  });

  it('may be dropped and taken again as often as one likes, without a client that is refused', async () => {
    const upstream = serve();
    let isOver = false;
    let served = 0;
    const clients = (async () => {
      while (!isOver) {
        const client = await RawStream.connectInTime(path, cleanup);
        const server = await upstream.accept(cleanup);
        served += Number(await passes(client, server, 'x'));
        for (const end of [client, server]) end.close();
        await nextTurn();
      }
    })();
    for (let round = 0; round < 10; round++) {
      await take();
      await fixture.apply([], privately());
    }
    isOver = true;
    await clients;
    assert.ok(served > 10, `${served} were served`);
    assert.deepEqual(fixture.samples('uds.connection.errors'), []);
  });

  it('is left to a server that has died, as that left it, and taken again from the next one', async () => {
    const first = serve();
    const its = inodeAt(path);
    await take();
    const ours = inodeAt(path);
    first.close();
    await eventually('it is left', () => inodeAt(path) === its);
    assert.equal(RawStream.tryConnect(path, cleanup), 'ECONNREFUSED');
    rmSync(path);
    assert.equal(RawStream.tryConnect(path, cleanup), 'ENOENT');
    const second = serve();
    assert.ok(RawStream.tryConnect(path, cleanup) instanceof RawStream, 'served before it is taken');
    await eventually('it is taken', isTaken);
    assert.equal(inodeAt(path), ours);
    await second.accept(cleanup);
    assert.ok(await passes(RawStream.connect(path, cleanup), await second.accept(cleanup), 'hello'));
  });

  it('is taken again from a server that removes its path when it stops, as servers in Go do', async () => {
    let upstream = serve();
    await take();
    const ours = inodeAt(path);
    for (let round = 0; round < 5; round++) {
      rmSync(path);
      upstream.close();
      assert.equal(RawStream.tryConnect(path, cleanup), 'ENOENT');
      upstream = serve();
      await eventually('it is taken', isTaken);
      assert.equal(inodeAt(path), ours);
    }
  });

  it('serves every client that would be served directly, while its server restarts fifty times', async () => {
    let upstream = serve();
    await take();
    let refused = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let each = 0; each < 20; each++) {
        const client = RawStream.tryConnect(path, cleanup);
        if (typeof client === 'string') refused++;
        else {
          const server = await upstream.accept(cleanup);
          assert.ok(await passes(client, server, `${round}`));
          for (const end of [client, server]) end.close();
        }
      }
      rmSync(path, { force: true });
      upstream.close();
      upstream = serve();
    }
    assert.equal(refused, 0);
  });

  it('gives its server the mode that others give to the path', async () => {
    serve();
    await take();
    chmodSync(path, 0o622);
    const server = () => statSync(upstreamAsidePath(path)).mode & 0o777;
    await eventually('the server has it', () => server() === 0o622);
    assert.equal(statSync(path).mode & 0o777, 0o622);
    await fixture.receiver.shutdown(0);
    assert.equal(statSync(path).mode & 0o777, 0o622);
  });

  it('is not taken by two agents', async () => {
    const upstream = serve();
    await take();
    const second = new ReceiverFixture(cleanup);
    await assert.rejects(
      take(second),
      /cannot be taken over: .* the socket of an agent that has taken it over/,
    );
    assert.ok(isTaken());
    assert.ok(await passes(RawStream.connect(path, cleanup), await upstream.accept(cleanup), 'hello'));
  });

  it('may be the upstream of another agent', async () => {
    const upstream = serve();
    await take();
    const second = new ReceiverFixture(cleanup);
    await second.apply([second.socket('a', { upstream: path })]);
    assert.ok(await passes(second.connect('a'), await upstream.accept(cleanup), 'hello'));
  });

  it('can be configured before there is a server', async () => {
    await take();
    assert.deepEqual(files(), [basename(asidePath(path))]);
    const upstream = serve();
    await eventually('it is taken', isTaken);
    assert.ok(await passes(RawStream.connect(path, cleanup), await upstream.accept(cleanup), 'hello'));
  });

  it('goes on when others remove or replace any of its files, and harms none of theirs', async () => {
    const upstream = serve();
    await take();
    rmSync(asidePath(path));
    await eventually('it is there again', isTaken);
    assert.ok(await passes(RawStream.connect(path, cleanup), await upstream.accept(cleanup), 'hello'));
    rmSync(upstreamAsidePath(path));
    const elsewhere = fixture.listen('other');
    const its = inodeAt(elsewhere.path);
    symlinkSync(elsewhere.path, upstreamAsidePath(path));
    const client = RawStream.tryConnect(path, cleanup);
    if (client instanceof RawStream) assert.equal((await client.receiveAll()).end, 'EOF');
    assert.equal(elsewhere.tryAccept(cleanup), undefined, 'nobody is led there');
    assert.equal(inodeAt(elsewhere.path), its);
  });

  it('does not take a link for a socket', async () => {
    const elsewhere = fixture.listen('other');
    symlinkSync(elsewhere.path, path);
    await assert.rejects(take(), /it is a symbolic link; give the path of the socket itself/);
    assert.deepEqual(files(), [basename(path)]);
  });

  it('is left alone by another agent that finds its record, and says so', async () => {
    serve();
    await take();
    const [problem, ...others] = putBackRecorded(records());
    assert.match(String(problem), /is not put back: .*the socket of an agent that has taken it over/);
    assert.deepEqual([others, isTaken(), recordedTakeovers(records())], [[], true, [path]]);
  });

  it('has records that hold nothing but paths, and are checked', () => {
    mkdirSync(records(), { recursive: true });
    assert.deepEqual(recordedTakeovers(records()), []);
    assert.deepEqual(putBackRecorded(records()), []);
    assert.equal(existsSync(path), false);
    assert.equal(lstatSync(records()).isDirectory(), true);
  });
});
