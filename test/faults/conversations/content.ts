import { NativeMemory } from '../../../src/linux/memory.js';
import { randomNumbers } from '../../support/pattern.js';

/** A prime, so that no power of two of lost, repeated or moved bytes goes unnoticed. */
export const CONTENT_PERIOD = 65_521;

const PERIODS = 4;
/** How much lies in one piece from whatever place. */
export const CONTENT_PIECE_BYTES = (PERIODS - 1) * CONTENT_PERIOD;

const memory = new NativeMemory(PERIODS * CONTENT_PERIOD);
const random = randomNumbers(1);
for (let i = 0; i < CONTENT_PERIOD; i++) memory.bytes[i] = random() * 256;
for (let i = 1; i < PERIODS; i++) memory.bytes.copyWithin(i * CONTENT_PERIOD, 0, CONTENT_PERIOD);

/** The native address of what a direction has at `offset`, CONTENT_PIECE_BYTES of it. */
export function contentAddress(phase: number, offset: number): number {
  return memory.address + ((phase + offset) % CONTENT_PERIOD);
}

/** The same, as bytes. */
export function contentBytes(phase: number, offset: number, length: number): Buffer {
  const start = (phase + offset) % CONTENT_PERIOD;
  return memory.bytes.subarray(start, start + length);
}

/** The first byte of `bytes` that is not what a direction has from `offset` on; undefined if all are. */
export function findWrongByte(bytes: Buffer, phase: number, offset: number): number | undefined {
  for (let done = 0; done < bytes.length; ) {
    const start = (phase + offset + done) % CONTENT_PERIOD;
    const length = Math.min(bytes.length - done, CONTENT_PIECE_BYTES);
    if (memory.bytes.compare(bytes, done, done + length, start, start + length) !== 0) {
      for (let i = 0; i < length; i++)
        if (memory.bytes[start + i] !== bytes[done + i]) return offset + done + i;
    }
    done += length;
  }
  return undefined;
}
