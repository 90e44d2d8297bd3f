import assert from 'node:assert/strict';
import { once } from 'node:events';
import { linkSync, lstatSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { asidePath } from '../../src/linux/front.js';
import { close } from '../../src/linux/socket.js';
import { putBackStale, Takeover, takeoverProblem, upstreamAsidePath } from '../../src/linux/takeover.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors, settledDescriptors } from '../support/descriptors.js';
import { RawListener } from '../support/raw-stream.js';

const AT_ONCE = Number.POSITIVE_INFINITY;

describe('Takeover', () => {
  const cleanup = useCleanup();
  let path: string;
  let front: ListenSocket;
  let takeover: Takeover;

  beforeEach(() => {
    path = `${cleanup.directory()}/a.sock`;
    front = ListenSocket.bind(asidePath(path));
    cleanup.defer(() => front.removeFile());
    front.listen();
    assert.ok(front.file !== undefined);
    takeover = new Takeover(path, front.file);
  });

  const follow = (now = AT_ONCE) => takeover.follow(now, () => {});
  const serve = () => RawListener.listen(path, cleanup);
  const inodeAt = (where: string) => lstatSync(where, { bigint: true, throwIfNoEntry: false })?.ino;
  const inode = () => inodeAt(path);
  const files = () => readdirSync(dirname(path)).sort();

  it('moves the socket of a server aside, and puts that very file back', () => {
    serve();
    const server = inode();
    follow();
    assert.ok(takeover.isTaken);
    assert.equal(inodeAt(upstreamAsidePath(path)), server);
    takeover.putBack();
    takeover.cleanUp();
    assert.equal(inode(), server);
    front.close();
    assert.deepEqual(files(), [basename(path)]);
  });

  it('takes nothing that nobody listens on, and waits until a server has settled', () => {
    follow();
    assert.equal(inode(), undefined);
    const server = serve();
    follow(1000);
    follow(1040);
    assert.ok(!takeover.isTaken);
    follow(1060);
    assert.ok(takeover.isTaken);
    server.close();
    follow(2000);
    assert.ok(!takeover.isTaken, 'the dead socket is at the path again');
    assert.ok(lstatSync(path).isSocket());
    follow(3000);
    assert.ok(!takeover.isTaken);
    assert.equal(inodeAt(upstreamAsidePath(path)), undefined);
  });

  it('takes the next server of a path, by the same inode, and gives each its own back', () => {
    for (let round = 0; round < 5; round++) {
      rmSync(path, { force: true });
      const server = serve();
      const its = inode();
      follow();
      assert.equal(inode(), front.file?.ino);
      server.close();
      if (round % 2 === 0) follow();
      if (round % 2 === 0) assert.equal(inode(), its);
    }
  });

  it('leaves a path absent that a server has removed', () => {
    serve();
    follow();
    rmSync(path);
    follow();
    takeover.putBack();
    takeover.cleanUp();
    front.close();
    assert.deepEqual(files(), []);
  });

  it('leaves links and files alone', () => {
    writeFileSync(path, 'precious');
    follow();
    assert.ok(lstatSync(path).isFile());
    rmSync(path);
    const elsewhere = `${cleanup.directory()}/docker.sock`;
    RawListener.listen(elsewhere, cleanup);
    symlinkSync(elsewhere, path);
    follow();
    assert.ok(lstatSync(path).isSymbolicLink());
    assert.ok(lstatSync(elsewhere).isSocket());
  });

  it('leaves what others have put at the path when it puts back', () => {
    serve();
    follow();
    renameSync(path, `${path}.gone`);
    const other = serve();
    const its = inode();
    takeover.putBack();
    takeover.cleanUp();
    assert.equal(inode(), its);
    other.close();
  });

  it('leaves the path absent where its server has been removed aside', () => {
    serve();
    follow();
    rmSync(upstreamAsidePath(path));
    follow();
    assert.equal(inode(), undefined);
  });

  it('is put back after a crash, told by the files alone, and only then', () => {
    serve();
    const server = inode();
    follow();
    assert.throws(() => putBackStale(path), /the socket of an agent that has taken it over/);
    crash();
    putBackStale(path);
    assert.equal(inode(), server);
    assert.deepEqual(files(), [basename(path)]);
    putBackStale(path);
    assert.equal(inode(), server);
  });

  it('is cleaned up after a crash with whatever is at the path by then', () => {
    for (const then of ['absent', 'another', 'a file'] as const) {
      const at = `${dirname(path)}/${then}`;
      const [server, ours] = [RawListener.listen(at, cleanup), RawListener.listen(asidePath(at), cleanup)];
      const taken = new Takeover(at, lstatSync(asidePath(at), { bigint: true }));
      taken.follow(AT_ONCE, () => {});
      assert.ok(taken.isTaken);
      ours.close();
      server.close();
      rmSync(at);
      if (then === 'another') RawListener.listen(at, cleanup);
      if (then === 'a file') writeFileSync(at, 'precious');
      const before = inodeAt(at);
      putBackStale(at);
      assert.equal(inodeAt(at), before);
      assert.deepEqual(
        files().filter((name) => name.includes(`.${then}.`)),
        [],
      );
    }
  });

  it('acts on nothing but files of the directory, whatever their owner puts there', () => {
    // The dead front under both names, and as the server a link to a socket elsewhere.
    const elsewhere = `${cleanup.directory()}/docker.sock`;
    RawListener.listen(elsewhere, cleanup);
    const its = inodeAt(elsewhere);
    crash();
    linkSync(asidePath(path), path);
    symlinkSync(elsewhere, upstreamAsidePath(path));
    assert.throws(() => putBackStale(path), /udscope-upstream is there, which is no socket/);
    assert.equal(inodeAt(elsewhere), its);
    assert.deepEqual(
      files(),
      [asidePath(path), upstreamAsidePath(path)].map((each) => basename(each)).sort(),
    );
  });

  it('neither removes nor replaces files of others that have its names', () => {
    serve();
    const server = inode();
    for (const name of [upstreamAsidePath(path), `${asidePath(path)}-new`]) {
      writeFileSync(name, 'precious');
      assert.throws(() => follow(), /is there, which is no socket/);
      assert.equal(inode(), server);
      assert.ok(lstatSync(name).isFile());
      rmSync(name);
    }
    follow();
    assert.ok(takeover.isTaken);
  });

  it('loses no file of those who rename in the midst of it', async () => {
    const own = `${dirname(path)}/own`;
    const stop = `${cleanup.directory()}/stop`;
    serve();
    writeFileSync(own, 'precious');
    const kept = [inode(), inodeAt(own), inodeAt(asidePath(path))];
    const program = new URL('../support/name-exchanger.js', import.meta.url);
    const renamed = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const owner = new Worker(program, { workerData: { path, own, stop, renamed } });
    const ended = once(owner, 'exit');
    const untilMs = Date.now() + 1000;
    // However slow the machine is, the other has done it often.
    for (let round = 0; Date.now() < untilMs || Atomics.load(renamed, 0) <= 100; round++) {
      try {
        if (round % 3 === 2) takeover.putBack();
        else follow();
      } catch (error) {
        assert.match((error as Error).message, /ENOENT|EEXIST|no socket/);
      }
      if (round % 100 === 0) await nextTurn();
    }
    writeFileSync(stop, '');
    assert.deepEqual(await ended, [0]);
    const there = files().map((name) => inodeAt(`${dirname(path)}/${name}`));
    for (const each of kept) assert.ok(there.includes(each), `${files()}`);
  });

  it('keeps no descriptor', async () => {
    const before = await settledDescriptors();
    for (let round = 0; round < 3; round++) {
      rmSync(path, { force: true });
      const server = serve();
      follow();
      server.close();
      follow();
    }
    takeover.putBack();
    takeover.cleanUp();
    assert.equal(countDescriptors(), before);
  });

  it('has words for paths that cannot be taken over', () => {
    assert.match(takeoverProblem('@a') ?? '', /abstract name/);
    assert.match(takeoverProblem('/proc/1/root/a') ?? '', /below \/proc/);
    assert.match(takeoverProblem(`/run/${'x'.repeat(90)}`) ?? '', /too long/);
    assert.equal(takeoverProblem('/var/run/docker.sock'), undefined);
  });

  /** The agent dies: its socket closes, and its files stay. */
  function crash(): void {
    close(front.fd);
  }
});
