import assert from 'node:assert/strict';
import { openSync } from 'node:fs';
import { ReceivedControl } from '../../../../src/linux/control-data.js';
import { MessageHeader } from '../../../../src/linux/message-header.js';
import { close } from '../../../../src/linux/socket.js';
import { DROPPED_DESCRIPTORS } from '../../../../src/receivers/uds/counters.js';
import { ConnectionTable } from '../../../../src/receivers/uds/relay/connection-table.js';
import {
  allocateDescriptorQueue,
  DescriptorQueue,
} from '../../../../src/receivers/uds/relay/descriptor-queue.js';
import { PassingDescriptors } from '../../../../src/receivers/uds/relay/passing-descriptors.js';
import { useCleanup } from '../../../support/cleanup.js';
import { descriptorsIn } from '../../../support/descriptors.js';

const ROOM = 4;
const END = 0;

describe('PassingDescriptors', () => {
  const cleanup = useCleanup();

  it('keeps no more of a message than there is room for, and counts that some were lost', () => {
    const directory = cleanup.directory();
    const table = new ConnectionTable(1);
    table.allocate(0, 0, 0);
    table.row[0] = 0;
    const counters = new Float64Array(64);
    const events = { counters, began: () => {}, dropped: () => {} };
    const queue = new DescriptorQueue(allocateDescriptorQueue(ROOM));
    const passing = new PassingDescriptors(table, queue, events);
    const control = new ReceivedControl(new MessageHeader());
    for (let round = 0; round < 3; round++) {
      control.count = ROOM + 2;
      for (let i = 0; i < control.count; i++) control.descriptors[i] = openSync(`${directory}/file`, 'w');
      passing.hold(END, control);
      assert.equal(table.pendingDescriptors[END], ROOM);
      assert.ok(!passing.hasRoom());
      passing.release(END);
      queue.closeAll(close);
      assert.equal(descriptorsIn(directory), 0);
      assert.ok(passing.hasRoom());
    }
    assert.equal(counters[DROPPED_DESCRIPTORS], 3);
  });
});
