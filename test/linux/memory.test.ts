import assert from 'node:assert/strict';
import { SHUT_WR } from '../../src/linux/constants.js';
import { SystemCallError } from '../../src/linux/errno.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { receive, send } from '../../src/linux/socket.js';
import { useCleanup } from '../support/cleanup.js';
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
