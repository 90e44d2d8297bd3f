import assert from 'node:assert/strict';
import type { DecoderMemory } from '../../src/protocols/protocol.js';

const MEMORY_BYTES = 2 ** 18;

/** As little as a client has that holds much, so that now and then there is no room. */
export class CountedMemory implements DecoderMemory {
  held = 0;
  readonly isScarce = false;

  take(bytes: number): boolean {
    if (this.held + bytes > MEMORY_BYTES) return false;
    this.held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.held -= bytes;
    assert.ok(this.held >= 0, 'no more is given back than was taken');
  }
}
