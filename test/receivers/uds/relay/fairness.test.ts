import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CLOSED, OPENED, RECV_BYTES, SEND_OPS } from '../../../../src/receivers/uds/counters.js';
import { useCleanup } from '../../../support/cleanup.js';
import { MessageEnd } from '../../../support/message-end.js';
import { RawStream } from '../../../support/raw-stream.js';
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

  it('goes on with them while there is room for many that have waited for their upstream', () => {
    const [BACKLOG, MORE, ATTEMPTS_MAX] = [30, 30, 8];
    const relay = new SteppedRelay(cleanup, { maxConnections: 400, upstreamBacklog: BACKLOG });
    relay.run(
      (function* () {
        const accepted = () => {
          let count = 0;
          while (relay.upstream.tryAccept(cleanup) !== undefined) count++;
          return count;
        };
        for (let i = 0; i < BACKLOG + 1 + MORE; i++) {
          relay.connect();
          yield;
        }
        assert.equal(accepted(), BACKLOG + 1);
        for (let left = MORE; left > 0; ) {
          // The relay comes back to the backlog on a timer.
          yield;
          const count = accepted();
          assert.ok(count <= ATTEMPTS_MAX, `${count} were connected at once`);
          left -= count;
        }
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

describe('a thread that relays a quiet container beside a loud one', () => {
  const cleanup = useCleanup();
  const LOUD = 60;

  /** What the loud one's connections may pass in a turn before the quiet one's. */
  const OPERATIONS_MAX = 16;

  /** How many of them may be closed in a turn. */
  const CLOSED_MAX = 4;

  /** The loud client's connections, which have the first flow, and one of a quiet container. */
  function* open(relay: SteppedRelay): Generator<void, { quiet: Pair; loud: Pair[] }> {
    const path = relay.listenFor('quiet');
    const loud: Pair[] = [];
    for (let i = 0; i < LOUD; i++) {
      const client = relay.connect();
      yield;
      loud.push({ client, server: relay.accept() });
    }
    const client = RawStream.connect(path, cleanup);
    yield;
    return { quiet: { client, server: relay.accept() }, loud };
  }

  it('passes what the quiet one says before most of what the loud one has said already', () => {
    const relay = new SteppedRelay(cleanup, { maxConnections: LOUD + 1 });
    relay.run(
      (function* () {
        const { quiet, loud } = yield* open(relay);
        for (let round = 0; round < 3; round++) {
          for (const { client } of loud) client.send(Buffer.from('!'));
          quiet.client.send(Buffer.from('?'));
          const before = relay.row[SEND_OPS];
          yield;
          assert.equal(String(quiet.server.receive()), '?');
          const passed = relay.row[SEND_OPS] - before;
          assert.ok(passed > 0 && passed <= OPERATIONS_MAX, `${passed} of the loud one came first`);
          for (let waiting = loud; waiting.length > 0; ) {
            yield;
            waiting = waiting.filter(({ server }) => server.skip() === 0);
          }
        }
      })(),
    );
  });

  it("passes what it says before most of the loud one's connections are closed that have ended", () => {
    const relay = new SteppedRelay(cleanup, { maxConnections: LOUD + 1 });
    relay.run(
      (function* () {
        const { quiet, loud } = yield* open(relay);
        for (const { client } of loud) client.close();
        for (let closed = 0; closed < LOUD; closed = relay.row[CLOSED]) {
          quiet.client.send(Buffer.from('?'));
          yield;
          assert.equal(String(quiet.server.receive()), '?');
          const more = relay.row[CLOSED] - closed;
          assert.ok(more > 0 && more <= CLOSED_MAX, `${more} were closed meanwhile`);
        }
      })(),
    );
  });

  it('reads less at a time for it than for one that is alone', () => {
    const relay = new SteppedRelay(cleanup, { bufferBytes: 262_144 });
    relay.run(
      (function* () {
        const path = relay.listenFor('quiet');
        const client = relay.connect();
        yield;
        const server = relay.accept();
        function* operationsOf(bytes: number): Generator<void, number> {
          const before = relay.row[SEND_OPS];
          client.send(Buffer.alloc(bytes));
          for (let left = bytes; left > 0; left -= Number(server.skip())) yield;
          return relay.row[SEND_OPS] - before;
        }
        assert.equal(yield* operationsOf(131_072), 1);
        RawStream.connect(path, cleanup);
        yield;
        assert.equal(yield* operationsOf(131_072), 2);
      })(),
    );
  });

  it('reads fewer messages at a time for it, too', () => {
    const [MESSAGES, MESSAGE_BYTES] = [4, 40_000];
    const relay = new SteppedRelay(cleanup);
    relay.run(
      (function* () {
        const quietPath = relay.listenFor('quiet');
        const { path, upstream } = relay.listenForMessages('seqpacket', 2);
        yield;
        const client = MessageEnd.connect('seqpacket', path, cleanup);
        yield;
        const server = upstream.tryAccept(cleanup)!;
        function* mostInATurn(): Generator<void, number> {
          for (let i = 0; i < MESSAGES; i++) client.send(Buffer.alloc(MESSAGE_BYTES));
          let most = 0;
          for (let left = MESSAGES; left > 0; ) {
            yield;
            let received = 0;
            while (typeof server.receive() !== 'string') received++;
            left -= received;
            most = Math.max(most, received);
          }
          return most;
        }
        assert.equal(yield* mostInATurn(), MESSAGES);
        RawStream.connect(quietPath, cleanup);
        yield;
        assert.equal(yield* mostInATurn(), 2);
      })(),
    );
  });

  it('goes on with the loud one while the quiet one speaks all the time', () => {
    const relay = new SteppedRelay(cleanup, { maxConnections: LOUD + 1 });
    relay.run(
      (function* () {
        const { quiet, loud } = yield* open(relay);
        for (const { client } of loud) client.send(Buffer.from('!'));
        for (let turn = 0; turn < 10; turn++) {
          quiet.client.send(Buffer.from('?'));
          const before = relay.row[SEND_OPS];
          yield;
          if (turn < 3) assert.ok(relay.row[SEND_OPS] > before, 'nothing of the loud one has passed');
        }
      })(),
    );
  });
});
