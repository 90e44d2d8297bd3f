import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SHUT_WR } from '../../../../src/linux/constants.js';
import { Cleanup, useCleanup } from '../../../support/cleanup.js';
import { Pattern, randomNumbers } from '../../../support/pattern.js';
import type { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const AT_A_TIME = 24;
const CONVERSATIONS = 400;
const BYTES_MAX = 600_000;
const CHUNK_BYTES_MAX = 90_000;

/** How an end goes once it has sent what it had: it listens to the last, or closes whatever is coming. */
type Manner = 'listens' | 'closes';

/** One end that sends so many bytes and goes. */
class Talker {
  readonly manner: Manner;
  readonly #stream: RawStream;
  readonly #out: Pattern;
  readonly #in: Pattern;
  readonly #random: () => number;
  #left: number;
  #sending = true;
  #receiving = true;

  constructor(stream: RawStream, random: () => number, seeds: { out: number; in: number }) {
    this.#stream = stream;
    this.#random = random;
    this.#out = new Pattern(seeds.out);
    this.#in = new Pattern(seeds.in);
    this.#left = random() < 0.2 ? 0 : Math.floor(random() * BYTES_MAX);
    this.manner = random() < 0.5 ? 'listens' : 'closes';
  }

  get sent(): number {
    return this.#stream.sent;
  }

  get received(): number {
    return this.#stream.received;
  }

  get isOver(): boolean {
    return !this.#sending && !this.#receiving;
  }

  /** Sends, receives or does nothing, as it likes. Whether anything happened. */
  step(): boolean {
    const sent = this.#sending && this.#random() < 0.7 && this.#send();
    return (this.#receiving && this.#random() < 0.6 && this.#receive()) || sent;
  }

  #send(): boolean {
    const length = Math.min(this.#left, 1 + Math.floor(this.#random() * CHUNK_BYTES_MAX));
    const sent = length === 0 ? 0 : this.#stream.send(this.#out.slice(this.#stream.sent, length));
    if (sent === 'EAGAIN') return false;
    // Where nobody takes more, EPIPE, there is no more to send.
    this.#left = typeof sent === 'string' ? 0 : this.#left - sent;
    if (this.#left === 0) this.#finish();
    return true;
  }

  #finish(): void {
    this.#sending = false;
    if (this.manner === 'listens') {
      this.#stream.shutdown(SHUT_WR);
    } else {
      this.#receiving = false;
      this.#stream.close();
    }
  }

  #receive(): boolean {
    const position = this.#stream.received;
    const received = this.#stream.receive(1 + Math.floor(this.#random() * CHUNK_BYTES_MAX));
    if (received === 'EAGAIN') return false;
    if (typeof received === 'string') this.#receiving = false;
    else this.#in.check(received, position);
    return true;
  }
}

describe('a relay in the midst of peers that come and go as they like', () => {
  const cleanup = useCleanup();

  /** Carries on conversations, so many at a time, and calls `check` with each that is over. */
  async function carryOn(relay: RelayFixture, seed: number, check: (ends: Talker[]) => void): Promise<void> {
    const random = randomNumbers(seed);
    let open: { ends: Talker[]; own: Cleanup }[] = [];
    for (let begun = 0; begun < CONVERSATIONS || open.length > 0; ) {
      if (begun < CONVERSATIONS && open.length < AT_A_TIME) {
        const own = new Cleanup();
        const { client, server } = await relay.connect(own);
        const seeds = { out: 1 + (begun % 7), in: 8 + (begun % 7) };
        const ends = [
          new Talker(client, random, seeds),
          new Talker(server, random, { out: seeds.in, in: seeds.out }),
        ];
        open.push({ ends, own });
        begun++;
      }
      let moved = false;
      for (const { ends } of open) for (const end of ends) moved = end.step() || moved;
      for (const { ends, own } of open) {
        if (!ends.every((end) => end.isOver)) continue;
        check(ends);
        await own.run();
      }
      open = open.filter(({ ends }) => !ends.every((end) => end.isOver));
      if (!moved) await nextTurn();
    }
  }

  for (const { threads, bufferBytes } of [
    { threads: 1, bufferBytes: 4096 },
    { threads: 3, bufferBytes: 262_144 },
  ]) {
    it(`loses no byte to one who listens to the last, with ${threads} threads and buffers of ${bufferBytes}`, async () => {
      const relay = await RelayFixture.start(cleanup, { threads, bufferBytes });
      let complete = 0;
      await carryOn(relay, 4711, ([client, server]) => {
        for (const [end, other] of [
          [client, server],
          [server, client],
        ]) {
          assert.ok(end.received <= other.sent);
          if (end.manner === 'closes') continue;
          assert.equal(end.received, other.sent);
          complete++;
        }
      });
      assert.ok(complete > CONVERSATIONS / 2);
      const { opened, closed } = await relay.settled();
      assert.deepEqual([opened, closed], [CONVERSATIONS, CONVERSATIONS]);
    });
  }
});
