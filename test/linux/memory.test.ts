import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SHUT_WR } from '../../src/linux/constants.js';
import { SystemCallError } from '../../src/linux/errno.js';
import { NativeMemory, returnFreedMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { receive, send } from '../../src/linux/socket.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { collectGarbage } from '../support/heap.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

const FOUR_GIB = 2 ** 32;
const MIB = 2 ** 20;

describe('NativeMemory', () => {
  it('is zero at first, and again after a discard', () => {
    const memory = new NativeMemory(3 * MIB);
    const bytes = new Uint8Array(memory.buffer);
    assert.equal(bytes.length, 3 * MIB);
    assert.ok(bytes.every((byte) => byte === 0));
    bytes.fill(7);
    memory.discard();
    assert.ok(bytes.every((byte) => byte === 0));
  });

  it('is given back all together by a thread that ends', async () => {
    const url = new URL('../../src/linux/memory.js', import.meta.url).href;
    const code = `import(${JSON.stringify(url)}).then(({ NativeMemory, discardThreadMemory }) => {
      const memories = [1, 4096, 300_000].map((bytes) => new NativeMemory(bytes));
      for (const { bytes } of memories) bytes.fill(7);
      discardThreadMemory();
      require('node:worker_threads').parentPort.postMessage(memories.map(({ bytes }) => bytes.some((byte) => byte !== 0)));
    })`;
    const [isKept] = await once(new Worker(code, { eval: true }), 'message');
    assert.deepEqual(isKept, [false, false, false]);
  });

  it('can be written again after a discard', () => {
    const memory = new NativeMemory(4096);
    const bytes = new Uint8Array(memory.buffer);
    memory.discard();
    bytes[4095] = 9;
    assert.equal(new Uint8Array(memory.buffer)[4095], 9);
  });

  it('throws the errno when there is not enough memory', () => {
    assert.throws(
      () => new NativeMemory(2 ** 52),
      (error) => error instanceof SystemCallError && error.code === 'ENOMEM',
    );
  });
});

describe('freed memory', () => {
  const COUNT = 512;
  const FREED_BYTES = 64 * 1024;
  const KEPT_BYTES = 4096;

  it('is returned where what lies behind it is in use', async () => {
    const freed: Uint8Array[] = [];
    const kept: Uint8Array[] = [];
    for (let i = 0; i < COUNT; i++) {
      freed.push(new Uint8Array(FREED_BYTES).fill(1));
      kept.push(new Uint8Array(KEPT_BYTES).fill(1));
    }
    const before = process.memoryUsage.rss();
    freed.length = 0;
    const isReturned = () => {
      collectGarbage();
      returnFreedMemory();
      return before - process.memoryUsage.rss() > (COUNT * FREED_BYTES) / 2;
    };
    await eventually('half of it is returned', isReturned);
    assert.equal(kept.length, COUNT);
  });
});

describe('MessageHeader', () => {
  const cleanup = useCleanup();

  async function connectedPair() {
    const listener = RawListener.listen(`${cleanup.directory()}/s`, cleanup);
    const client = RawStream.connect(listener.path, cleanup);
    return { client, server: await listener.accept(cleanup) };
  }

  it('carries addresses above 4 GiB, at any offset of a buffer', async () => {
    const { client, server } = await connectedPair();
    const header = new MessageHeader();
    const from = new NativeMemory(8192);
    const to = new NativeMemory(8192);
    assert.ok(from.address > FOUR_GIB && to.address > FOUR_GIB, 'mappings are expected high up');
    Buffer.from(from.buffer).write('out of the middle', 5000);
    header.setBuffer(from.address + 5000, 17);
    assert.equal(send(client.fd, header), 17);
    header.setBuffer(to.address + 100, 17);
    assert.equal(receive(server.fd, header), 17);
    assert.equal(Buffer.from(to.buffer).toString('latin1', 100, 117), 'out of the middle');
    assert.equal(Buffer.from(to.buffer)[117], 0);
  });

  it('receives no more than the length it was given', async () => {
    const { client, server } = await connectedPair();
    const header = new MessageHeader();
    const memory = new NativeMemory(4096);
    client.send(Buffer.from('abcdef'));
    client.shutdown(SHUT_WR);
    header.setBuffer(memory.address, 4);
    assert.equal(receive(server.fd, header), 4);
    assert.equal(receive(server.fd, header), 2);
    assert.equal(receive(server.fd, header), 0);
  });
});
