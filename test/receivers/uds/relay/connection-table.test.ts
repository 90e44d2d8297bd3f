import assert from 'node:assert/strict';
import {
  allocateDescriptors,
  CLIENT,
  ConnectionTable,
  NO_ROW,
  UPSTREAM,
} from '../../../../src/receivers/uds/relay/connection-table.js';

describe('ConnectionTable', () => {
  it('hands out low slots first, and each of them once', () => {
    const table = new ConnectionTable(3);
    const slots = [0, 1, 2].map(() => table.allocate(10, 11, 0));
    assert.deepEqual(slots, [0, 1, 2]);
    assert.deepEqual([table.isFull, table.count], [true, 3]);
    table.release(1);
    assert.deepEqual([table.isFull, table.count], [false, 2]);
    assert.equal(table.allocate(12, 13, 0), 1);
  });

  it('keeps the two ends of a slot side by side', () => {
    const table = new ConnectionTable(2);
    table.allocate(10, 11, 0);
    const slot = table.allocate(12, 13, 4);
    assert.deepEqual([table.fd[slot * 2 + CLIENT], table.fd[slot * 2 + UPSTREAM]], [12, 13]);
    assert.deepEqual([table.listener[slot], table.row[slot]], [4, NO_ROW]);
    assert.equal((slot * 2 + CLIENT) ^ 1, slot * 2 + UPSTREAM);
  });

  it('gives a slot another generation each time it is freed, beyond 2^31 too', () => {
    const table = new ConnectionTable(1);
    table.generation[0] = 2 ** 31 - 1;
    table.allocate(1, 2, 0);
    table.release(0);
    assert.equal(table.generation[0], -(2 ** 31));
  });

  it('gives a slot to the next one as new', () => {
    const table = new ConnectionTable(1);
    const slot = table.allocate(1, 2, 0);
    table.flags.fill(255);
    table.failed[slot] = 1;
    table.establish(slot);
    assert.deepEqual([table.isOpen(slot), table.isEstablished(slot)], [true, true]);
    table.release(slot);
    assert.deepEqual([table.isOpen(slot), table.isEstablished(slot)], [false, false]);
    table.allocate(3, 4, 0);
    assert.deepEqual([table.isOpen(slot), table.isEstablished(slot)], [true, false]);
    assert.deepEqual([...table.flags, table.failed[slot]], [0, 0, 0]);
  });

  it('keeps descriptors of no connection until they are let go, for whoever closes what a thread leaves behind', () => {
    const memory = allocateDescriptors(1);
    const table = new ConnectionTable(1, memory);
    table.allocate(1, 2, 0);
    table.keep(7);
    table.keep(8);
    const kept = () => [...new Int32Array(memory)].filter((fd) => fd > 2);
    assert.deepEqual(kept(), [7, 8]);
    table.letGo(7);
    table.keep(9);
    assert.deepEqual(kept(), [9, 8]);
    for (let fd = 10; fd < 3000; fd++) table.keep(fd);
    table.letGo(2999);
    assert.equal(table.fd[1], 2);
  });
});
