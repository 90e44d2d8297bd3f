import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesOf, CONTAINER, monitored, PATH } from './support.js';

const ENTRIES = 8;

describe('Monitor readers', () => {
  it('report exactly how many records were overwritten', () => {
    const { monitor, socket } = monitored({ ringBuffer: { entries: ENTRIES } });
    for (let i = 0; i < 20; i++) socket.recordSend(bytesOf(1, i));
    const first = monitor.getSendData();
    assert.equal(first.lost, 12);
    assert.deepEqual(
      first.records.map(({ sequence, data }) => [sequence, data]),
      Array.from({ length: ENTRIES }, (_, i) => [12 + i, bytesOf(1, 12 + i)]),
    );
    assert.deepEqual(monitor.getSendData(), { records: [], lost: 0 });
    for (let i = 0; i < 9; i++) socket.recordSend(bytesOf(1, i));
    assert.equal(monitor.getSendData().lost, 1);
  });

  it('account for every record when the bytes run out first', () => {
    const { monitor, socket } = monitored({
      strategy: { strategy: 'full' },
      ringBuffer: { entries: 1024, maxBytes: '64KiB' },
    });
    for (let i = 0; i < 100; i++) socket.recordSend(bytesOf(5000, i));
    const { records, lost } = monitor.getSendData();
    assert.ok(lost > 80 && records.length > 5, `${lost} ${records.length}`);
    assert.equal(lost + records.length, 100);
    for (const { sequence, data } of records) assert.deepEqual(data, bytesOf(5000, sequence));
  });

  it('read independently of each other and of getSendData', () => {
    const { monitor, socket } = monitored({ ringBuffer: { entries: ENTRIES } });
    const early = monitor.reader();
    for (let i = 0; i < ENTRIES + 2; i++) socket.recordSend(bytesOf(1, i));
    assert.equal(monitor.getSendData().records.length, ENTRIES);
    const late = monitor.reader();
    assert.equal(early.next()?.sequence, 2);
    assert.equal(early.lost, 2);
    assert.equal(late.next()?.sequence, 2);
    assert.equal(late.lost, 0);
    assert.equal(early.drain().records.length, ENTRIES - 1);
    assert.equal(early.next(), undefined);
    assert.equal(late.drain().records.length, ENTRIES - 1);
  });

  it('lose and read exactly the records that were written, whenever they drain', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 * ENTRIES })), (bursts) => {
        const { monitor, socket } = monitored({ ringBuffer: { entries: ENTRIES } });
        let written = 0;
        let seen = 0;
        for (const burst of bursts) {
          for (let i = 0; i < burst; i++) socket.recordSend(bytesOf(1, written++));
          const { records, lost } = monitor.getSendData();
          assert.equal(lost, Math.max(0, burst - ENTRIES));
          seen += lost + records.length;
        }
        assert.equal(seen, written);
      }),
    );
  });

  it("know a record's source after its socket was closed and registered again", () => {
    const { monitor, socket } = monitored();
    socket.recordSend(bytesOf(1));
    socket.close();
    for (let i = 0; i < 100; i++) {
      const other = monitor.register({ containerId: `c2-${i}`, socketPath: '/run/two.sock' });
      other.recordSend(bytesOf(2));
      other.close();
    }
    const { records } = monitor.getSendData();
    const [first, ...others] = records.map(({ containerId, socketPath }) => [containerId, socketPath]);
    assert.deepEqual(first, [CONTAINER, PATH]);
    assert.deepEqual(
      others,
      others.map((_, i) => [`c2-${i}`, '/run/two.sock']),
    );
    assert.equal(others.length, 100);
  });
});
