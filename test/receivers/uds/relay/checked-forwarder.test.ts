import assert from 'node:assert/strict';
import { EPOLLIN } from '../../../../src/linux/constants.js';
import { Epoll } from '../../../../src/linux/epoll.js';
import { TapState } from '../../../../src/processors/capture/tap-state.js';
import { allocateCounters, counterRow } from '../../../../src/receivers/uds/counters.js';
import { Buffers } from '../../../../src/receivers/uds/relay/buffers.js';
import { CheckedForwarder } from '../../../../src/receivers/uds/relay/checked-forwarder.js';
import {
  CLIENT,
  ConnectionTable,
  DISCARDING,
  READ_DONE,
  UPSTREAM,
} from '../../../../src/receivers/uds/relay/connection-table.js';
import {
  allocateDescriptorQueue,
  DescriptorQueue,
} from '../../../../src/receivers/uds/relay/descriptor-queue.js';
import { EndEvents } from '../../../../src/receivers/uds/relay/end-events.js';
import { allocateFlowNumbers, FlowNumbers } from '../../../../src/receivers/uds/relay/flow-numbers.js';
import { Flows } from '../../../../src/receivers/uds/relay/flows.js';
import { LookBudget } from '../../../../src/receivers/uds/relay/look-budget.js';
import { PassingClients } from '../../../../src/receivers/uds/relay/passing-clients.js';
import { PassingDescriptors } from '../../../../src/receivers/uds/relay/passing-descriptors.js';
import { Reader } from '../../../../src/receivers/uds/relay/reader.js';
import { Remotes } from '../../../../src/receivers/uds/relay/remotes.js';
import { RunQueue } from '../../../../src/receivers/uds/relay/run-queue.js';
import { NO_LIMITS } from '../../../../src/receivers/uds/relay/shares.js';
import { Taps } from '../../../../src/receivers/uds/relay/taps.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';

const BUFFER_BYTES = 4096;

describe('CheckedForwarder', () => {
  const cleanup = useCleanup();
  let table: ConnectionTable;
  let forwarder: CheckedForwarder;
  let slot: number;

  /** One end of a connection, and the descriptor of the other. */
  function pair(name: string): { stream: RawStream; fd: number } {
    const listener = RawListener.listen(`${cleanup.directory()}/${name}`, cleanup);
    const stream = RawStream.connect(listener.path, cleanup);
    const other = listener.tryAccept(cleanup);
    assert.ok(other);
    return { stream, fd: other.fd };
  }

  let client: RawStream;

  beforeEach(() => {
    table = new ConnectionTable(4);
    const epoll = new Epoll(16);
    cleanup.defer(() => epoll.close());
    const settings = { bufferBytes: BUFFER_BYTES, clientShare: NO_LIMITS, threads: 1 };
    const counters = counterRow(allocateCounters(1), 0);
    const flows = new Flows(
      table,
      counters,
      new Remotes('/proc'),
      new FlowNumbers(allocateFlowNumbers()),
      () => {},
    );
    const taps = new Taps(table, new TapState(4, () => {}), flows, () => {});
    const ends = { close: () => {}, countError: () => {} };
    const buffers = new Buffers(settings);
    const events = new EndEvents(table, epoll);
    const queue = new DescriptorQueue(allocateDescriptorQueue(8));
    const sink = { counters, began: () => {}, dropped: () => {} };
    const descriptors = new PassingDescriptors(table, queue, sink);
    const budget = new LookBudget(() => performance.now());
    cleanup.defer(() => budget.close());
    const again = { again: () => {}, wait: () => {} };
    const runQueue = new RunQueue(table.client);
    forwarder = new CheckedForwarder(
      table,
      events,
      counters,
      runQueue,
      buffers,
      taps,
      ends,
      new Reader(table, buffers, descriptors, new PassingClients(table), budget, again),
      descriptors,
      () => performance.now(),
    );
    const ofClient = pair('client');
    client = ofClient.stream;
    slot = table.allocate(ofClient.fd, pair('upstream').fd, 0);
    table.row[slot] = 0;
    table.windowBytes[slot] = BUFFER_BYTES;
    forwarder.establish(slot);
  });

  const clientEnd = () => slot * 2 + CLIENT;

  it('lets pass what is right', () => {
    client.send(Buffer.from('x'));
    forwarder.handle(clientEnd(), EPOLLIN);
  });

  it('notices a connection that is established twice', () => {
    assert.throws(() => forwarder.establish(slot), /not being made/);
  });

  it('notices a direction that is discarded and was not ended', () => {
    table.flags[clientEnd()] = DISCARDING;
    assert.throws(() => forwarder.handle(clientEnd(), 0), /what is read is discarded/);
  });

  it('notices that both directions are done, and the connection is not', () => {
    table.flags[clientEnd()] = READ_DONE;
    table.flags[slot * 2 + UPSTREAM] = READ_DONE;
    assert.throws(() => forwarder.handle(clientEnd(), 0), /both directions are done/);
  });

  it('notices one buffer with the rest of two directions', () => {
    for (const end of [CLIENT, UPSTREAM]) {
      table.pendingBuffer[slot * 2 + end] = 7;
      table.pendingBytes[slot * 2 + end] = 1;
    }
    assert.throws(() => forwarder.handle(clientEnd(), 0), /the same buffer/);
  });

  it('notices a rest that is longer than its buffer', () => {
    table.pendingBuffer[clientEnd()] = 7;
    table.pendingBytes[clientEnd()] = BUFFER_BYTES + 1;
    assert.throws(() => forwarder.handle(clientEnd(), 0), /longer than its buffer/);
  });

  it('notices descriptors that wait without their bytes', () => {
    table.pendingDescriptors[clientEnd()] = 1;
    assert.throws(() => forwarder.handle(clientEnd(), 0), /without the bytes/);
  });

  it('notices descriptors whose first byte has been sent', () => {
    table.pendingBuffer[clientEnd()] = 7;
    table.pendingOffset[clientEnd()] = 1;
    table.pendingBytes[clientEnd()] = 1;
    table.pendingDescriptors[clientEnd()] = 1;
    assert.throws(() => forwarder.handle(clientEnd(), 0), /first byte has been sent/);
  });
});
