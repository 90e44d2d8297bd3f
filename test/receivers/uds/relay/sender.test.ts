import assert from 'node:assert/strict';
import { geteuid, pid as own, ppid } from 'node:process';
import { SOCK_STREAM } from '../../../../src/linux/constants.js';
import { NativeMemory } from '../../../../src/linux/memory.js';
import {
  ConnectionTable,
  NAME_ALWAYS,
  UPSTREAM,
} from '../../../../src/receivers/uds/relay/connection-table.js';
import {
  allocateDescriptorQueue,
  DescriptorQueue,
} from '../../../../src/receivers/uds/relay/descriptor-queue.js';
import { PassingDescriptors } from '../../../../src/receivers/uds/relay/passing-descriptors.js';
import { Sender } from '../../../../src/receivers/uds/relay/sender.js';
import { askForSenders, receiveFromSender } from '../../../support/ancillary.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RawStream } from '../../../support/raw-stream.js';
import { socketPair } from '../../../support/socket-pair.js';

const SLOT = 0;
const UPSTREAM_END = SLOT * 2 + UPSTREAM;
const LONG = 200;
const byte = new NativeMemory(1);

describe('Sender', function () {
  if (geteuid?.() !== 0) {
    it('names other processes (only root may)', () => this.ctx.skip());
    return;
  }
  const cleanup = useCleanup();
  let table: ConnectionTable;
  let sender: Sender;
  let upstream: RawStream;

  /** A connection whose client is the process that has started this one, and the same user. */
  beforeEach(() => {
    const [fd, other] = socketPair(SOCK_STREAM, cleanup);
    upstream = new RawStream(other);
    askForSenders(other);
    table = new ConnectionTable(1);
    table.allocate(socketPair(SOCK_STREAM, cleanup)[0], fd, 0);
    table.senderPid[SLOT] = ppid;
    table.senderUid[SLOT] = 0;
    table.senderGid[SLOT] = 0;
    table.clientSeenMs[SLOT] = 0;
    const queue = new DescriptorQueue(allocateDescriptorQueue(253));
    const events = { counters: new Float64Array(0), began: () => {}, dropped: () => {} };
    sender = new Sender(table, new PassingDescriptors(table, queue, events), () => 0);
  });

  /** The pids that the next messages to the upstream come from. */
  async function pids(messages: number): Promise<number[]> {
    const seen: number[] = [];
    for (let i = 0; i < messages; i++) {
      assert.equal(sender.send(UPSTREAM_END, byte.address, 1), 1);
      seen.push((await receiveFromSender(upstream)).pid);
    }
    return seen;
  }

  const countOf = (seen: number[], pid: number) => seen.filter((each) => each === pid).length;

  it('names a client of the relay’s own user for as long as the upstream only listens', async () => {
    sender.begin(SLOT);
    assert.deepEqual(new Set(await pids(LONG)), new Set([ppid]));
  });

  it('names it in the first messages to an upstream that answers', async () => {
    sender.begin(SLOT);
    table.lastMovedMs[UPSTREAM_END] = 1;
    const seen = await pids(LONG);
    assert.deepEqual([countOf(seen, ppid), countOf(seen, own)], [64, LONG - 64]);
    assert.equal(countOf(seen.slice(0, 64), ppid), 64);
  });

  it('names one of another user always', async () => {
    table.namings[SLOT] = NAME_ALWAYS;
    sender.begin(SLOT);
    table.lastMovedMs[UPSTREAM_END] = 1;
    assert.deepEqual(new Set(await pids(LONG)), new Set([ppid]));
  });

  it('names the relay where nobody else is known', async () => {
    table.senderPid[SLOT] = 0;
    sender.begin(SLOT);
    assert.deepEqual(new Set(await pids(LONG)), new Set([own]));
  });
});
