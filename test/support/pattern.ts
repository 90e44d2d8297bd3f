import assert from 'node:assert/strict';

/** A prime, so that no power of two of lost, repeated or moved bytes goes unnoticed. */
const PERIOD = 65_521;

/** A small fast generator (mulberry32): the same numbers for the same seed, from 0 up to 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const blocks = new Map<number, Buffer>();

/** Two periods in a row, so that a slice may start anywhere in the first. */
function blockOf(seed: number): Buffer {
  let block = blocks.get(seed);
  if (block === undefined) {
    const random = randomNumbers(seed);
    const period = Buffer.alloc(PERIOD).map(() => random() * 256);
    block = Buffer.concat([period, period]);
    blocks.set(seed, block);
  }
  return block;
}

/** An endless stream of bytes that has the same byte at the same position for the same seed. */
export class Pattern {
  readonly #block: Buffer;

  constructor(seed: number) {
    this.#block = blockOf(seed);
  }

  /** The bytes from `position` on, at most `length` of them and no more than a period. */
  slice(position: number, length: number): Buffer {
    const start = position % PERIOD;
    return this.#block.subarray(start, start + Math.min(length, PERIOD));
  }

  /** Exactly `length` bytes from `position` on. */
  bytes(position: number, length: number): Buffer {
    const parts: Buffer[] = [];
    for (let done = 0; done < length; done += parts[parts.length - 1].length) {
      parts.push(this.slice(position + done, length - done));
    }
    return Buffer.concat(parts, length);
  }

  /** Fails unless `bytes` is what the stream has at `position`. */
  check(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const expected = this.slice(position + done, bytes.length - done);
      const found = bytes.subarray(done, done + expected.length);
      if (expected.compare(found) !== 0) {
        const at = expected.findIndex((byte, index) => byte !== found[index]);
        assert.fail(`byte ${position + done + at} of the stream is not the one that was sent`);
      }
      done += expected.length;
    }
  }
}
