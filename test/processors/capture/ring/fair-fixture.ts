import assert from 'node:assert/strict';
import { FairRingReader } from '../../../../src/processors/capture/ring/fair-ring-reader.js';
import { FairRingWriter } from '../../../../src/processors/capture/ring/fair-ring-writer.js';
import { createFairRing, type RingSettings } from '../../../../src/processors/capture/ring/layout.js';

/** A record, as whoever has written or read it knows it. */
export interface Written {
  readonly client: number;
  /** Number of it among those of its client, from 0. */
  readonly number: number;
}

/** A fair ring with its writer and its reader. Clients are numbers from 0, and each is its own account. */
export class FairRing {
  readonly writer: FairRingWriter;
  reader: FairRingReader;
  readonly #memory: SharedArrayBuffer;
  readonly #doorbell = new SharedArrayBuffer(4);
  readonly #written = new Map<number, number>();
  readonly #lost = new Map<number, number>();

  constructor(settings: RingSettings) {
    this.#memory = createFairRing(settings);
    const lost = (account: number) => void this.#lost.set(account, this.lostOf(account) + 1);
    this.writer = new FairRingWriter(this.#memory, this.#doorbell, lost);
    this.reader = new FairRingReader(this.#memory);
  }

  /** Records that a client has written. */
  written(client: number): number {
    return this.#written.get(client) ?? 0;
  }

  /** Records of a client that were overwritten unread. */
  lostOf(client: number): number {
    return this.#lost.get(client) ?? 0;
  }

  write(client: number, bytes = 0): void {
    const number = this.written(client);
    this.#written.set(client, number + 1);
    this.writer.begin(bytes === 0 ? 0 : 1, bytes, client, client);
    if (bytes > 0) {
      this.writer.addPiece(bytes, 0);
      this.writer.copyBytes(Buffer.alloc(bytes, number % 251));
    }
    this.writer.publish(client, client, client, 0, number, 0, bytes, 1);
  }

  /** Up to `most` records, of which each is what was written. */
  read(most = Number.POSITIVE_INFINITY): Written[] {
    const records: Written[] = [];
    while (records.length < most) {
      const record = this.reader.next();
      if (record === undefined) break;
      const { flow, ordinal, captured, size, bytes, bytesFrom } = record;
      assert.equal(captured, size);
      const isWhole = bytes.subarray(bytesFrom, bytesFrom + captured).every((byte) => byte === ordinal % 251);
      assert.ok(isWhole, `record ${ordinal} of ${flow} is not what was written`);
      records.push({ client: flow, number: ordinal });
    }
    return records;
  }

  /** Another one reads from now on. */
  restartReader(): void {
    this.reader = new FairRingReader(this.#memory);
  }

  /** Whether the doorbell was rung since the last look. */
  hasRung(): boolean {
    return Atomics.exchange(new Int32Array(this.#doorbell), 0, 0) === 1;
  }
}
