import assert from 'node:assert/strict';
import { ConnectionTable, DATAGRAMS, NO_FD } from '../../../../src/receivers/uds/relay/connection-table.js';
import type { DatagramSlots } from '../../../../src/receivers/uds/relay/datagram-slots.js';
import { DatagramSweep } from '../../../../src/receivers/uds/relay/datagram-sweep.js';
import type { Listeners } from '../../../../src/receivers/uds/relay/listeners.js';
import type { MessageParts } from '../../../../src/receivers/uds/relay/message-forwarder.js';

const LISTENER = 0;
const SENDERS = 2000;
const ADDRESS_BYTES = 20;

/** What one thread bears of questions to the kernel in a second. */
const ASKED_A_SECOND = 2000;

/** Senders with addresses that have been silent since 0, and a clock. */
function silentSenders(areThere: boolean) {
  const table = new ConnectionTable(SENDERS);
  for (let i = 0; i < SENDERS; i++) table.allocate(NO_FD, NO_FD, LISTENER, DATAGRAMS);
  const counts = { asked: 0 };
  const slots = {
    isOpen: (slot: number) => table.isOpen(slot),
    activeMs: new Float64Array(SENDERS),
    isAsking: new Uint8Array(SENDERS),
    names: {
      bytes: () => ADDRESS_BYTES,
      isThere: () => {
        counts.asked++;
        return areThere;
      },
    },
  } as unknown as DatagramSlots;
  const parts = {
    table,
    parked: { of: () => undefined },
    close: (slot: number) => table.release(slot),
  } as unknown as MessageParts;
  const listener = { settings: { idleTimeoutMs: 0 }, listening: true, isLast: false };
  const listeners = { get: () => listener } as unknown as Listeners;
  return { table, counts, sweep: new DatagramSweep(parts, slots, listeners) };
}

describe('DatagramSweep', () => {
  it('lets go of thousands that have gone within seconds: their descriptors count for their client', () => {
    const { table, sweep } = silentSenders(false);
    let nowMs = 1000;
    while (table.count > 0) nowMs = sweep.run(nowMs);
    assert.ok(nowMs <= 4000, String(nowMs));
  });

  it('asks about those that stay, each in its turn, and not too many in a second', () => {
    const { table, counts, sweep } = silentSenders(true);
    for (let nowMs = 1000; nowMs < 11_000; nowMs = sweep.run(nowMs));
    assert.equal(table.count, SENDERS);
    assert.ok(counts.asked >= SENDERS && counts.asked <= 10 * ASKED_A_SECOND, String(counts.asked));
  });
});
