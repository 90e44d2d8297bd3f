import assert from 'node:assert/strict';
import { closeSync, fstatSync } from 'node:fs';
import { tryReceiveWithDescriptors, trySendWithDescriptors } from './ancillary.js';
import { Pattern } from './pattern.js';
import type { RawStream } from './raw-stream.js';

/** Descriptors that were sent with the byte at a position, by the inodes of their files. */
interface Group {
  readonly position: number;
  readonly inodes: readonly number[];
}

/** What one end of a stream says to the other: bytes of a pattern, and descriptors with some of them. */
export class DescriptorTalk {
  /** Descriptors that have come. */
  descriptors = 0;
  readonly #pattern: Pattern;
  /** Those that have not come yet. */
  readonly #expected: Group[] = [];

  constructor(
    readonly from: RawStream,
    readonly to: RawStream,
    seed: number,
  ) {
    this.#pattern = new Pattern(seed);
  }

  /** Whether all that was sent has come. */
  get isComplete(): boolean {
    return this.to.received === this.from.sent && this.#expected.length === 0;
  }

  /** Sends a message with these descriptors, or as much of it as is taken. Whether any was. */
  send(length: number, fds: readonly number[]): boolean {
    const position = this.from.sent;
    const sent = trySendWithDescriptors(this.from, this.#pattern.slice(position, length), fds);
    if (sent === 'EAGAIN') return false;
    assert.equal(typeof sent, 'number', String(sent));
    if (fds.length > 0) this.#expected.push({ position, inodes: inodesOf(fds) });
    return true;
  }

  /**
   * Receives some bytes: up to those that have descriptors, which must come without any, or from these on. Fails unless they come
   * with the byte that they were sent with. False at the end of the stream.
   */
  receive(length: number): boolean {
    const position = this.to.received;
    const [next] = this.#expected;
    const plain = next === undefined ? length : next.position - position;
    const received = tryReceiveWithDescriptors(this.to, plain === 0 ? length : Math.min(plain, length));
    if (received === undefined) return true;
    const { bytes, fds } = received;
    const inodes = inodesOf(fds);
    for (const fd of fds) closeSync(fd);
    this.to.received += bytes.length;
    this.#pattern.check(bytes, position);
    assert.deepEqual(inodes, plain === 0 ? next.inodes : [], `descriptors with byte ${position}`);
    if (plain === 0) this.#expected.shift();
    this.descriptors += fds.length;
    return bytes.length > 0;
  }
}

function inodesOf(fds: readonly number[]): number[] {
  return fds.map((fd) => fstatSync(fd).ino);
}
