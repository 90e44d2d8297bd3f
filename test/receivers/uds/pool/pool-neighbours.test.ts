import assert from 'node:assert/strict';
import { PoolNeighbours } from '../../../../src/receivers/uds/pool/pool-neighbours.js';
import { ClientHomes } from '../../../../src/receivers/uds/relay/client-homes.js';
import { useCleanup } from '../../../support/cleanup.js';
import { countDescriptors } from '../../../support/descriptors.js';

describe('PoolNeighbours', () => {
  const cleanup = useCleanup();

  it('has the others look when a thread has ended: it may have been woken alone', () => {
    const neighbours = new PoolNeighbours(3);
    cleanup.defer(() => neighbours.end());
    const { memory } = neighbours;
    assert.ok(memory);
    const threads = [0, 1, 2].map((thread) => new ClientHomes(memory.homes, thread));
    threads[0].setOpen(0, true);
    threads[1].setOpen(1, true);
    neighbours.forget(0);
    assert.ok(!threads[1].isOpen(0));
    const asked = threads.map((thread) => thread.takeAsked());
    assert.deepEqual(asked, [false, true, false], 'those that run');
  });

  it('uses no descriptor once all threads have ended', () => {
    const before = countDescriptors();
    const neighbours = new PoolNeighbours(2);
    neighbours.end();
    assert.equal(countDescriptors(), before);
    neighbours.end();
    assert.deepEqual(neighbours.wakeFds, []);
  });
});
