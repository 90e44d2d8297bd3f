import assert from 'node:assert/strict';
import { ENOMEM, SystemCallError } from '../../../../src/linux/errno.js';
import { CLOSED, errorColumn, OPENED } from '../../../../src/receivers/uds/counters.js';
import { BufferPool } from '../../../../src/receivers/uds/relay/buffer-pool.js';
import { useCleanup } from '../../../support/cleanup.js';
import { SteppedRelay } from '../../../support/stepped-relay.js';

describe('a relay that runs out of memory', () => {
  const cleanup = useCleanup();

  /** No buffer is to be had from now on to the end of the test; those in use are not touched. */
  function exhaustMemory(): void {
    const { take } = BufferPool.prototype;
    BufferPool.prototype.take = () => {
      throw new SystemCallError('mmap', ENOMEM);
    };
    cleanup.defer(() => {
      BufferPool.prototype.take = take;
    });
  }

  it('loses the connection that needs a buffer, says so, and no other', () => {
    const relay = new SteppedRelay(cleanup);
    relay.run(
      (function* () {
        const client = relay.connect();
        yield;
        const server = relay.accept();
        const greedy = relay.connect();
        yield;
        const greedyServer = relay.accept();
        exhaustMemory();
        // Until the upstream's socket is full and the relay has to keep what it has read.
        while (relay.row[CLOSED] === 0) {
          greedy.fill(Buffer.alloc(65_536, 'g'));
          yield;
        }
        client.send(Buffer.from('unharmed'));
        yield;
        assert.equal(String(server.receive()), 'unharmed');
        const bytes = greedyServer.receive();
        assert.ok(Buffer.isBuffer(bytes) && bytes.every((byte) => byte === 0x67));
      })(),
    );
    assert.deepEqual([relay.row[OPENED], relay.row[CLOSED]], [2, 2]);
    assert.deepEqual([relay.row[errorColumn('_OTHER')], relay.row[errorColumn('shutdown')]], [1, 1]);
    const faults = relay.reports.filter(({ type }) => type === 'fault');
    assert.deepEqual(faults, [{ type: 'fault', listener: 0, error: 'SystemCallError: mmap: ENOMEM' }]);
  });
});
