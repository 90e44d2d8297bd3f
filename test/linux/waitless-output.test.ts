import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { join } from 'node:path';
import { WaitlessOutput } from '../../src/linux/waitless-output.js';
import { useCleanup } from '../support/cleanup.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

const { EAGAIN, ENOSPC, EPIPE, EBADF } = osConstants.errno;
const { O_RDONLY, O_RDWR, O_WRONLY, O_NONBLOCK } = constants;

const KIB = 1024;

describe('WaitlessOutput', () => {
  const cleanup = useCleanup();

  function open(path: string, flags: number | string): number {
    const fd = openSync(path, flags);
    cleanup.defer(() => closeSync(fd));
    return fd;
  }

  /** The two ends of a pipe. */
  function pipe(): { reader: number; writer: number } {
    const path = join(cleanup.directory(), 'fifo');
    execFileSync('mkfifo', [path]);
    const opener = openSync(path, O_RDWR);
    const writer = open(path, O_WRONLY);
    const reader = openSync(path, O_RDONLY | O_NONBLOCK);
    closeSync(opener);
    return { reader, writer };
  }

  /** Whether O_NONBLOCK is set on an open file: proc(5), fdinfo. */
  function isNonBlocking(fd: number): boolean {
    const [, flags] = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
    return (Number.parseInt(flags ?? '', 8) & O_NONBLOCK) !== 0;
  }

  /** Writes until it would have to wait. Returns the number of bytes. */
  function fill(output: WaitlessOutput): number {
    for (let total = 0; ; ) {
      const taken = output.write(Buffer.alloc(10 * KIB));
      if (taken === -EAGAIN) return total;
      assert.ok(taken > 0, String(taken));
      total += taken;
    }
  }

  it('does not wait for a full pipe, and does not change it for others', () => {
    const { reader, writer } = pipe();
    cleanup.defer(() => closeSync(reader));
    const output = new WaitlessOutput(writer);
    assert.equal(fill(output), 64 * KIB);
    assert.equal(isNonBlocking(writer), false);
    assert.equal(readSync(reader, Buffer.alloc(64 * KIB)), 64 * KIB);
    output.waitWritable(1000);
    assert.equal(output.write(Buffer.from('more')), 4);
  });

  it('reports that nobody reads any more', () => {
    const { reader, writer } = pipe();
    const output = new WaitlessOutput(writer);
    closeSync(reader);
    assert.equal(output.write(Buffer.from('text')), -EPIPE);
  });

  it('does not wait for a socket', async () => {
    const listener = RawListener.listen(`${cleanup.directory()}/s`, cleanup);
    const client = RawStream.connect(listener.path, cleanup);
    const server = await listener.accept(cleanup);
    const output = new WaitlessOutput(client.fd);
    assert.ok(fill(output) > 0);
    server.close();
    assert.equal(output.write(Buffer.from('text')), -EPIPE);
  });

  it('advances the shared offset of a file', () => {
    const path = join(cleanup.directory(), 'log');
    const fd = open(path, 'w');
    assert.equal(new WaitlessOutput(fd).write(Buffer.from('ours ')), 5);
    writeSync(fd, 'theirs');
    assert.equal(readFileSync(path, 'utf8'), 'ours theirs');
  });

  it('reports a full device and a closed descriptor', () => {
    assert.equal(new WaitlessOutput(open('/dev/full', 'w')).write(Buffer.from('text')), -ENOSPC);
    assert.equal(new WaitlessOutput(2 ** 20).write(Buffer.from('text')), -EBADF);
  });
});
