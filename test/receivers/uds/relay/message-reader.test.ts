import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { packetPair, receiveDescriptors } from '../../../../src/linux/descriptor-message.js';
import { EAGAIN } from '../../../../src/linux/errno.js';
import { close, passCredentials } from '../../../../src/linux/socket.js';
import { ConnectionTable } from '../../../../src/receivers/uds/relay/connection-table.js';
import {
  allocateDescriptorQueue,
  DescriptorQueue,
} from '../../../../src/receivers/uds/relay/descriptor-queue.js';
import { END_OF_MESSAGES, MessageReader } from '../../../../src/receivers/uds/relay/message-reader.js';
import { PassingDescriptors } from '../../../../src/receivers/uds/relay/passing-descriptors.js';
import { useCleanup } from '../../../support/cleanup.js';
import type { SenderData } from './hasty/sender.js';

/** Of these, Linux 6.18 told of an end before the message for one or two, on two processors. */
const PAIRS = 6000;
const ROOM = 1024;

describe('the end of a connection whose messages have ends', () => {
  const cleanup = useCleanup();

  /** What is read to the end of each of many pairs, while the other end sends and leaves in haste. */
  async function readAll(read: (fd: number) => boolean | undefined): Promise<number[]> {
    const words = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const workerData: SenderData = { words };
    const worker = new Worker(new URL('./hasty/sender.js', import.meta.url), { workerData });
    cleanup.defer(() => void worker.terminate());
    await once(worker, 'message');
    const counts: number[] = [];
    for (let pair = 0; pair < PAIRS; pair++) {
      const [own, other] = packetPair();
      passCredentials(own);
      Atomics.store(words, 0, other);
      let messages = 0;
      for (let isMessage = read(own); isMessage !== false; isMessage = read(own)) if (isMessage) messages++;
      if (messages !== 1) counts.push(messages);
      while (Atomics.load(words, 0) !== 0);
      close(own);
      close(other);
    }
    return counts;
  }

  it('is behind all of them, also where the peer says so as the relay reads', async () => {
    const counters = new Float64Array(64);
    const queue = new DescriptorQueue(allocateDescriptorQueue(ROOM));
    const events = { counters, began: () => {}, dropped: () => {} };
    const reader = new MessageReader(new PassingDescriptors(new ConnectionTable(1), queue, events));
    const wrong = await readAll((fd) => {
      const bytes = reader.receive(fd);
      return bytes === -EAGAIN ? undefined : bytes !== END_OF_MESSAGES;
    });
    assert.deepEqual(wrong, []);
  });

  it('is behind all of them between an agent and its supervisor', async () => {
    const wrong = await readAll((fd) => {
      const message = receiveDescriptors(fd);
      return message === -EAGAIN ? undefined : message !== 0;
    });
    assert.deepEqual(wrong, []);
  });
});
