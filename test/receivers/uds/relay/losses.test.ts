import assert from 'node:assert/strict';
import { SHUT_RD, SHUT_WR } from '../../../../src/linux/constants.js';
import { CLOSED, errorColumn, FAILURE_NAMES } from '../../../../src/receivers/uds/counters.js';
import { FAREWELL_BYTES } from '../../../../src/receivers/uds/relay/losses.js';
import { useCleanup } from '../../../support/cleanup.js';
import type { RawStream } from '../../../support/raw-stream.js';
import { SteppedRelay } from '../../../support/stepped-relay.js';

/** Turns in which the relay takes for nobody, a buffer each, whatever a queue can hold; and in which all events are there. */
const TURNS = 200;

const GOAWAY = Buffer.from('00000807000000000000000000' + '00000000', 'hex');
const REQUEST = Buffer.from('GET /containers/json HTTP/1.1\r\nHost: docker\r\n\r\n');
const CHUNK = Buffer.alloc(20_000);

type Ends = { client: RawStream; server: RawStream };
/** What the ends do; the relay has a turn at each `yield`. */
type Story = (ends: Ends) => Iterable<void> | void;

/** Sends, a chunk a turn, until the queues of the relay and of the other end are full. */
function* fill(from: RawStream, chunk: Uint8Array): Generator<void> {
  for (let idle = 0; idle < 5; idle = from.fill(chunk) === 0 ? idle + 1 : 0) yield;
}

describe('a connection whose ends leave something behind', () => {
  const cleanup = useCleanup();

  /** What is counted of a connection once it is over. */
  function failuresOf(story: Story): Record<string, number> {
    const relay = new SteppedRelay(cleanup);
    relay.run(
      (function* () {
        const client = relay.connect();
        yield;
        const server = relay.accept();
        yield;
        yield* story({ client, server }) ?? [];
        for (let turn = 0; turn < TURNS; turn++) yield;
        client.close();
        server.close();
        for (let turn = 0; turn < TURNS; turn++) yield;
        assert.equal(relay.row[CLOSED], 1, 'it is over');
      })(),
    );
    const counts = FAILURE_NAMES.map((name) => [name, relay.row[errorColumn(name)]] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  function holds(expected: Record<string, number>, stories: Record<string, Story>): void {
    for (const [what, story] of Object.entries(stories)) {
      it(what, () => assert.deepEqual(failuresOf(story), expected));
    }
  }

  describe('is in order when the client', () => {
    holds(
      {},
      {
        *'closes with the last words of the server unread'({ client, server }) {
          server.send(GOAWAY);
          yield;
          client.close();
        },
        'has gone when the server says farewell'({ client, server }) {
          client.send(REQUEST);
          client.close();
          server.send(GOAWAY);
        },
        'takes nothing of a farewell, and stays'({ client, server }) {
          client.shutdown(SHUT_RD);
          server.send(GOAWAY);
        },
        *'leaves a stream that it has read as it came'({ client, server }) {
          for (let i = 0; i < 20; i++) {
            server.fill(CHUNK);
            yield;
            client.skip();
          }
          client.close();
          server.fill(CHUNK);
        },
        *'leaves with its queue full of small messages'({ client, server }) {
          yield* fill(server, GOAWAY);
          client.close();
        },
        'leaves a farewell of its own to a server that has gone'({ client, server }) {
          server.shutdown(SHUT_RD);
          client.send(GOAWAY);
          client.close();
        },
        *'closes, and the server does not read its last words'({ client, server }) {
          client.send(GOAWAY);
          client.close();
          yield;
          server.close();
        },
        *'closes after the server, which has not read all, before the relay looks'({ client, server }) {
          client.send(GOAWAY);
          yield;
          server.close();
          client.close();
        },
        *'closes, and so does the server, with bytes unread at both ends'({ client, server }) {
          client.send(GOAWAY);
          server.send(GOAWAY);
          yield;
          client.close();
          server.close();
        },
      },
    );
  });

  describe('has failed at the client when it', () => {
    holds(
      { client_left: 1 },
      {
        *'leaves an answer for which it had fallen behind'({ client, server }) {
          yield* fill(server, CHUNK);
          client.close();
        },
        *'takes no more of one'({ client, server }) {
          yield* fill(server, CHUNK);
          client.shutdown(SHUT_RD);
        },
        *'leaves one, and the server has closed before'({ client, server }) {
          yield* fill(server, CHUNK);
          server.close();
          yield;
          client.close();
        },
      },
    );
  });

  describe('has failed at the upstream when it', () => {
    holds(
      { ECONNRESET: 1 },
      {
        *'closes with a request unread'({ client, server }) {
          client.send(REQUEST);
          yield;
          server.close();
        },
        *'closes with one unread of a client that has said that this was all'({ client, server }) {
          client.send(REQUEST);
          client.shutdown(SHUT_WR);
          yield;
          server.close();
        },
        *'closes with one unread, and the client leaves for that'({ client, server }) {
          client.send(REQUEST);
          yield;
          server.close();
          yield;
          client.close();
        },
      },
    );
    holds(
      { EPIPE: 1 },
      {
        'takes no request'({ client, server }) {
          server.shutdown(SHUT_RD);
          client.send(REQUEST);
        },
        'has closed when one comes'({ client, server }) {
          client.send(REQUEST);
          server.close();
        },
        *'takes no more of one that has filled the queues'({ client, server }) {
          yield* fill(client, CHUNK);
          server.close();
        },
        *'takes nothing of the much that a client has sent before it left'({ client, server }) {
          server.shutdown(SHUT_RD);
          yield;
          client.send(Buffer.alloc(FAREWELL_BYTES + 1));
          client.close();
        },
      },
    );
  });
});
