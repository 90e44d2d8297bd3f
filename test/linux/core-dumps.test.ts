import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { addressOf, NativeMemory } from '../../src/linux/memory.js';
import { createFairRing, createRing } from '../../src/processors/capture/ring/layout.js';

const MIB = 2 ** 20;
/** proc_pid_smaps(5): not in core dumps. */
const DO_NOT_DUMP = 'dd';

describe('memory with payload', () => {
  /** Whether all of it is left out of core dumps, as the kernel has it. */
  function isHidden(address: number, bytes: number): boolean {
    const end = address + bytes;
    const areas = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[\da-f]+-[\da-f]+ )/m);
    const covering = areas.filter((area) => {
      const [from, to] = area
        .split(' ', 1)[0]
        .split('-')
        .map((each) => Number.parseInt(each, 16));
      return from < end && to > address;
    });
    return (
      covering.length > 0 && covering.every((area) => /^VmFlags:.*$/m.exec(area)?.[0].includes(DO_NOT_DUMP))
    );
  }

  it('is left out of core dumps: read buffers, and what waits for a client', () => {
    const memory = new NativeMemory(MIB);
    assert.ok(isHidden(memory.address, MIB));
    memory.discard();
    assert.ok(isHidden(memory.address, MIB));
  });

  it('is left out of core dumps: rings', () => {
    for (const ring of [createRing, createFairRing].map((create) => create({ entries: 64, maxBytes: MIB })))
      assert.ok(isHidden(addressOf(ring), ring.byteLength));
  });

  it('is seen to be left out: the program itself is not', () => {
    const [program] = readFileSync('/proc/self/maps', 'utf8').split('-', 1);
    assert.equal(isHidden(Number.parseInt(program, 16), 1), false);
  });
});
