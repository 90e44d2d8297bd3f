import assert from 'node:assert/strict';
import { MonitorError } from '../../src/index.js';
import { monitored, totalsOf } from '../monitor/support.js';

const NO_BYTES: Record<string, unknown> = {
  undefined,
  null: null,
  'a string': 'text',
  'an ArrayBuffer': new ArrayBuffer(4),
  'a DataView': new DataView(new ArrayBuffer(4)),
  'an array of wider numbers': new Uint16Array([1, 2, 3]),
  'an object with a length': { length: 3 },
};

describe('Monitor, given something that is no bytes', () => {
  for (const [what, value] of Object.entries(NO_BYTES)) {
    it(`refuses ${what}, and counts and captures what follows`, async () => {
      const { monitor, socket } = monitored({ directions: ['send', 'recv'] });
      for (const record of [socket.recordSend, socket.recordRecv]) {
        assert.throws(() => record.call(socket, value as Uint8Array), MonitorError);
      }
      socket.recordSend(Buffer.from('abc'));
      assert.deepEqual(await totalsOf(monitor), [3, 0, 1, 0]);
      assert.equal(monitor.getSendData().records.length, 1);
    });
  }
});
