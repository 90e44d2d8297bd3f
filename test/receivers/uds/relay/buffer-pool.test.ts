import assert from 'node:assert/strict';
import { BufferPool } from '../../../../src/receivers/uds/relay/buffer-pool.js';

describe('BufferPool', () => {
  it('makes no more buffers than are taken at a time', () => {
    const pool = new BufferPool(4096);
    const first = [pool.take(), pool.take()];
    assert.notEqual(pool.address(first[0]), pool.address(first[1]));
    for (const index of first) pool.give(index);
    assert.deepEqual(new Set([pool.take(), pool.take()]), new Set(first));
  });

  it('never hands out a buffer that is in use', () => {
    const pool = new BufferPool(4096);
    const taken = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const index = pool.take();
      assert.ok(!taken.has(index));
      taken.add(index);
      if (i % 3 === 0) {
        const [given] = taken;
        pool.give(given);
        taken.delete(given);
      }
    }
  });

  it('throws when there is no memory', () => {
    assert.throws(() => new BufferPool(2 ** 46).take(), /mmap: ENOMEM/);
  });
});
