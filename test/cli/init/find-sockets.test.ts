import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Candidate } from '../../../src/cli/init/candidates.js';
import { findSockets, listedTypeAt } from '../../../src/cli/init/find-sockets.js';
import { isPrivileged } from '../../../src/linux/privileges.js';
import { useCleanup } from '../../support/cleanup.js';

describe('the sockets that udscope init finds', () => {
  const cleanup = useCleanup();
  let root: string;
  let connections: number;

  beforeEach(() => {
    root = cleanup.directory();
    connections = 0;
  });

  async function listen(path: string): Promise<string> {
    const whole = join(root, path);
    mkdirSync(dirname(whole), { recursive: true });
    const server = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(whole);
    cleanup.defer(() => server.close());
    await once(server, 'listening');
    return whole;
  }

  function find(...candidates: Omit<Candidate, 'title'>[]): string[] {
    const whole = candidates.map((candidate) => ({
      title: 't',
      ...candidate,
      paths: candidate.paths.map((path) => join(root, path)),
    }));
    return findSockets(whole).map(({ name, path, type }) => `${name} ${path.slice(root.length)} ${type}`);
  }

  it('are there and listen, and nobody connects to them', async () => {
    await listen('docker.sock');
    writeFileSync(join(root, 'file.sock'), '');
    const found = find({ name: 'docker', paths: ['docker.sock'] }, { name: 'file', paths: ['file.sock'] });
    assert.deepEqual(found, ['docker /docker.sock stream']);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(connections, 0);
  });

  it('leave out a socket on which nobody listens any more', async () => {
    const path = await listen('dead.sock');
    symlinkSync(path, join(root, 'link.sock'));
    const server = createServer().listen(join(root, 'gone.sock'));
    await once(server, 'listening');
    server.close();
    assert.deepEqual(find({ name: 'gone', paths: ['gone.sock', 'absent.sock'] }), []);
  });

  it('are named once, whatever leads to them', async () => {
    const path = await listen('run/a.sock');
    symlinkSync(path, join(root, 'link.sock'));
    // The root of a container could have made the link, and an agent that runs as root would not follow it.
    const name = isPrivileged() ? '/run/a.sock' : '/link.sock';
    assert.deepEqual(find({ name: 'a', paths: ['link.sock', 'run/a.sock'] }), [`a ${name} stream`]);
  });

  it('have what stands for * in their names, unless that is the usual', async () => {
    await listen('pg/.s.PGSQL.5432');
    await listen('pg/.s.PGSQL.5433');
    writeFileSync(join(root, 'pg/.s.PGSQL.5432.lock'), '');
    const pattern = { name: 'postgresql', paths: ['pg/.s.PGSQL.*'], usual: '5432' };
    assert.deepEqual(find(pattern), [
      'postgresql /pg/.s.PGSQL.5432 stream',
      'postgresql-5433 /pg/.s.PGSQL.5433 stream',
    ]);
  });

  it('have names that are unlike each other, and parts of a path', async () => {
    await listen('user/a b/p.sock');
    await listen('user/a$b/p.sock');
    assert.deepEqual(find({ name: 'podman', paths: ['user/*/p.sock'] }), [
      'podman-a_b /user/a b/p.sock stream',
      'podman-a_b-2 /user/a$b/p.sock stream',
    ]);
  });

  it('follow no link that a user may have made', async () => {
    const path = await listen('docker.sock');
    mkdirSync(join(root, 'home/mallory'), { recursive: true });
    symlinkSync(path, join(root, 'home/mallory/geth.ipc'));
    assert.deepEqual(find({ name: 'geth', paths: ['home/*/geth.ipc'] }), []);
  });

  it('follow none in a directory of a user either, and none where any user could have made it', async () => {
    const path = await listen('victim/.ethereum/geth.ipc');
    mkdirSync(join(root, 'home/mallory'), { recursive: true });
    symlinkSync(join(root, 'victim/.ethereum'), join(root, 'home/mallory/.ethereum'));
    assert.deepEqual(find({ name: 'geth', paths: ['home/*/.ethereum/geth.ipc'] }), []);
    mkdirSync(join(root, 'tmp'));
    chmodSync(join(root, 'tmp'), 0o1777);
    symlinkSync(path, join(root, 'tmp/mysql.sock'));
    assert.deepEqual(find({ name: 'mysql', paths: ['tmp/mysql.sock'] }), []);
  });

  it('are a risk where any user could listen', async () => {
    const path = await listen('tmp/redis.sock');
    const own = await listen('run/redis.sock');
    chmodSync(join(root, 'tmp'), 0o1777);
    const found = findSockets([{ name: 'redis', title: 'Redis', paths: [path, own] }]);
    assert.deepEqual(
      found.map(({ name, candidate }) => [name, candidate.risk?.length]),
      [
        ['redis', 1],
        ['redis-2', undefined],
      ],
    );
  });

  it('are found among any number of other files', async () => {
    await listen('pg/.s.PGSQL.5432');
    for (let i = 0; i < 1001; i++) writeFileSync(join(root, `pg/${i}`), '');
    for (let i = 0; i < 1001; i++) writeFileSync(join(root, `pg/.a${i}`), '');
    assert.equal(find({ name: 'pg', paths: ['pg/.s.PGSQL.*'], usual: '5432' }).length, 1);
  });

  it("are told by the kernel's list where they may not be asked", () => {
    const list = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      'ffff8881: 00000002 00000000 00010000 0001 01 20000 /run/a.sock',
      'ffff8882: 00000002 00000000 00000000 0001 03 20001 /run/b.sock',
      'ffff8883: 00000002 00000000 00000000 0002 01 20002 /run/log',
      'ffff8884: 00000002 00000000 00010000 0005 01 20003 /run/with space',
      '',
    ].join('\n');
    assert.equal(listedTypeAt('/run/a.sock', list), 'stream');
    assert.equal(listedTypeAt('/run/b.sock', list), undefined);
    assert.equal(listedTypeAt('/run/log', list), 'dgram');
    assert.equal(listedTypeAt('/run/with space', list), 'seqpacket');
  });
});
