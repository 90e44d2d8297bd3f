import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { OPENED, RECV_BYTES } from '../../../../src/receivers/uds/counters.js';
import { useCleanup } from '../../../support/cleanup.js';
import type { RawStream } from '../../../support/raw-stream.js';
import { SteppedRelay } from '../../../support/stepped-relay.js';

const SMALL = 1000;
const DESCRIPTORS_NEEDED = 4 * SMALL + 200;
const BUFFER_BYTES = 16_384;

/** A turn of the loop takes 256 events, and may read an end twice: for its event and from the run queue. */
const TURNS_FOR_ALL = Math.ceil(SMALL / 256) + 1;
const BULK_BYTES_MAX = 2 * TURNS_FOR_ALL * BUFFER_BYTES;

type Pair = { client: RawStream; server: RawStream };

function descriptorLimit(): number {
  const [, limit] = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return Number(limit);
}

/** What the bulk may pass is counted in bytes, not in time: the relay is slow where the machine is. */
describe('a thread that relays one bulk stream and 1,000 small ones', () => {
  const cleanup = useCleanup();
  const flood = Buffer.alloc(65_536, 'x');

  beforeEach(function () {
    // Both ends of a thousand connections, and the relay's, are in this process.
    if (descriptorLimit() >= DESCRIPTORS_NEEDED) return;
    if (this.currentTest) this.currentTest.title += ` (needs ${DESCRIPTORS_NEEDED} descriptors)`;
    this.skip();
  });

  function* open(relay: SteppedRelay, count: number): Generator<void, Pair[]> {
    const pairs: Pair[] = [];
    for (let i = 0; i < count; i++) {
      const client = relay.connect();
      yield;
      pairs.push({ client, server: relay.accept() });
    }
    return pairs;
  }

  it('lets all of them have their turn while little of the bulk passes', () => {
    const relay = new SteppedRelay(cleanup, { maxConnections: SMALL + 1, bufferBytes: BUFFER_BYTES });
    relay.run(
      (function* () {
        const [bulk, ...small] = yield* open(relay, SMALL + 1);
        bulk.server.fill(flood);
        yield;
        for (let round = 0; round < 3; round++) {
          for (const { server } of small) server.send(Buffer.from('!'));
          const before = relay.row[RECV_BYTES];
          for (let waiting = small; waiting.length > 0; ) {
            bulk.client.skip();
            bulk.server.fill(flood);
            yield;
            waiting = waiting.filter(({ client }) => client.skip() === 0);
          }
          const passed = relay.row[RECV_BYTES] - before - small.length;
          assert.ok(passed > 0, 'the bulk goes on, too');
          assert.ok(passed <= BULK_BYTES_MAX, `${passed} bytes of bulk passed meanwhile`);
        }
      })(),
    );
  });

  it('goes on with them while the bulk has more than it can ever read', () => {
    const relay = new SteppedRelay(cleanup, { bufferBytes: BUFFER_BYTES });
    relay.run(
      (function* () {
        const [bulk, small] = yield* open(relay, 2);
        bulk.server.fill(flood);
        small.client.send(Buffer.from('?'));
        const before = relay.row[RECV_BYTES];
        yield;
        assert.equal(String(small.server.receive()), '?');
        const passed = relay.row[RECV_BYTES] - before;
        assert.ok(passed <= 4 * BUFFER_BYTES, `${passed} bytes of bulk passed meanwhile`);
      })(),
    );
  });

  it('goes on with them while somebody connects as fast as it can', () => {
    const relay = new SteppedRelay(cleanup, { maxConnections: 400 });
    relay.run(
      (function* () {
        const [quiet] = yield* open(relay, 1);
        for (let i = 0; i < 300; i++) relay.connect();
        for (let round = 0; round < 20; round++) {
          const before = relay.row[OPENED];
          quiet.client.send(Buffer.from('?'));
          yield;
          assert.equal(String(quiet.server.receive()), '?');
          const taken = relay.row[OPENED] - before;
          assert.ok(taken > 0 && taken <= 4, `${taken} connections were taken meanwhile`);
        }
      })(),
    );
  });
});
