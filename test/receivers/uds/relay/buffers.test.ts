import assert from 'node:assert/strict';
import { copyMemory, NativeMemory } from '../../../../src/linux/memory.js';
import { Buffers } from '../../../../src/receivers/uds/relay/buffers.js';
import { NO_LIMITS } from '../../../../src/receivers/uds/relay/shares.js';

const KIB = 2 ** 10;

describe('Buffers', () => {
  function create(parkedBytes = Number.POSITIVE_INFINITY, bufferBytes = 256 * KIB): Buffers {
    return new Buffers({ bufferBytes, threads: 2, clientShare: { ...NO_LIMITS, parkedBytes } });
  }

  /** What is read next. */
  function read(buffers: Buffers, bytes: number, value: number): void {
    buffers.memory.bytes.fill(value, 0, bytes);
  }

  function parkedBytesOf(buffers: Buffers, parked: number, offset: number, bytes: number): Buffer {
    const copy = new NativeMemory(bytes);
    copyMemory(copy.address, buffers.address(parked) + offset, bytes);
    return Buffer.from(copy.bytes);
  }

  for (const window of [4, 8, 64, 128, 256]) {
    it(`keep what waits of a window of ${window} KiB while others are read`, () => {
      const buffers = create();
      const parked = Array.from({ length: 20 }, (_, i) => {
        read(buffers, window * KIB, i);
        return buffers.park(window * KIB, i, window * KIB - i);
      });
      assert.equal(new Set(parked).size, 20);
      read(buffers, 256 * KIB, 255);
      for (const [i, each] of parked.entries()) {
        const bytes = parkedBytesOf(buffers, each, i, window * KIB - i);
        assert.ok(bytes.every((byte) => byte === i));
        buffers.give(each);
      }
    });
  }

  it('take what is read at a time down to a page while more waits than several clients may have', () => {
    const buffers = create(128 * KIB);
    // Four times as much in all, and half of that on each of two threads.
    const parked = [];
    while (buffers.readBytes(64 * KIB) === 64 * KIB) parked.push(buffers.park(64 * KIB, 0, 64 * KIB));
    assert.equal(parked.length, 4);
    assert.equal(buffers.readBytes(256 * KIB), 4 * KIB);
    buffers.give(parked[0]);
    assert.equal(buffers.readBytes(256 * KIB), 256 * KIB);
  });

  it('may be of any length', () => {
    const buffers = create(Number.POSITIVE_INFINITY, 100_000);
    read(buffers, 100_000, 7);
    const whole = buffers.park(100_000, 1, 99_999);
    read(buffers, 64 * KIB, 8);
    const part = buffers.park(64 * KIB, 0, 64 * KIB);
    assert.ok(parkedBytesOf(buffers, whole, 1, 99_999).every((byte) => byte === 7));
    assert.ok(parkedBytesOf(buffers, part, 0, 64 * KIB).every((byte) => byte === 8));
  });
});
