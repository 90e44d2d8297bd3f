import assert from 'node:assert/strict';
import { SHUT_WR } from '../../../../src/linux/constants.js';
import { CLOSED, OPENED, RECV_BYTES, SEND_BYTES } from '../../../../src/receivers/uds/counters.js';
import { useCleanup } from '../../../support/cleanup.js';
import { MessageEnd, type ReceivedMessage } from '../../../support/message-end.js';
import { RawStream } from '../../../support/raw-stream.js';
import { SteppedRelay } from '../../../support/stepped-relay.js';

const BUFFER_BYTES = 4096;

/*
 * Slots and descriptors change hands in the middle of a batch of events. With every `yield` the relay finds
 * the events of what was done since the one before, as one batch and in that order.
 */
describe('an event of a connection that is gone', () => {
  const cleanup = useCleanup();

  it('does not make the peer of the next one in its slot look closed', () => {
    const relay = new SteppedRelay(cleanup);
    relay.run(
      (function* () {
        yield;
        const client = relay.connect();
        yield;
        const server = relay.accept();
        yield;
        // One batch: the end of the first connection, the next one, and the other end of the first.
        client.close();
        const next = relay.connect();
        server.close();
        yield;
        yield;
        const nextServer = relay.accept();
        nextServer.shutdown(SHUT_WR);
        yield;
        next.send(Buffer.from('still open'));
        yield;
        yield;
        assert.equal(String(nextServer.receive()), 'still open');
        assert.equal(next.receive(), 'EOF');
      })(),
    );
    assert.deepEqual([relay.row[OPENED], relay.row[CLOSED]], [2, 2]);
  });

  it('does not touch the next one in its slot while that waits for its upstream', () => {
    const relay = new SteppedRelay(cleanup, { upstreamBacklog: 0 });
    relay.run(
      (function* () {
        yield;
        const client = relay.connect();
        yield;
        const server = relay.accept();
        const blocker = RawStream.connect(relay.upstream.path, cleanup);
        yield;
        server.send(Buffer.from('answer'));
        client.close();
        const next = relay.connect();
        server.close();
        yield;
        next.send(Buffer.from('question'));
        yield;
        relay.accept().close();
        blocker.close();
        let nextServer: RawStream | undefined;
        // The relay comes back to the backlog on a timer.
        while (nextServer === undefined) {
          yield;
          nextServer = relay.upstream.tryAccept(cleanup);
        }
        nextServer.shutdown(SHUT_WR);
        yield;
        yield;
        next.send(Buffer.from('!'));
        yield;
        yield;
        assert.equal(String(nextServer.receive()), 'question!');
      })(),
    );
  });

  it('lets a client in that has connected before a command ends the listener, and no later one', () => {
    const relay = new SteppedRelay(cleanup);
    relay.run(
      (function* () {
        yield;
        const client = relay.connect();
        relay.command({ type: 'unlisten', listener: 0, isLast: true });
        yield;
        relay.connect();
        yield;
        assert.ok(relay.upstream.tryAccept(cleanup));
        assert.equal(relay.upstream.tryAccept(cleanup), undefined);
        client.close();
        yield;
        yield;
      })(),
    );
    assert.equal(relay.row[OPENED], 1);
    assert.deepEqual(
      relay.reports.map(({ type }) => type).filter((type) => !type.startsWith('flow')),
      ['started', 'unlistened', 'ended', 'left'],
    );
  });

  it('is no reason to accept when the one before it has taken the last slot', () => {
    const relay = new SteppedRelay(cleanup, { maxConnections: 1 });
    relay.run(
      (function* () {
        yield;
        relay.connect();
        const waiting = relay.connect();
        yield;
        relay.accept();
        yield;
        assert.equal(relay.upstream.tryAccept(cleanup), undefined);
        assert.equal(waiting.receive(), 'EAGAIN');
      })(),
    );
    assert.equal(relay.row[OPENED], 1);
  });
});

describe('a slot', () => {
  const cleanup = useCleanup();

  it('is not read as a stream when it has passed from one to a connection of messages', () => {
    const relay = new SteppedRelay(cleanup, { bufferBytes: BUFFER_BYTES });
    const { path, upstream } = relay.listenForMessages();
    relay.run(
      (function* () {
        yield;
        const stream = relay.connect();
        yield;
        relay.accept();
        // So much is left after two reads that its end is still queued for another turn.
        stream.send(Buffer.alloc(4 * BUFFER_BYTES));
        yield;
        relay.command({ type: 'cut', listener: 0 });
        const client = MessageEnd.connect('seqpacket', path, cleanup);
        // Read as a stream it is the end of one.
        client.send('');
        client.send('said');
        yield;
        yield;
        const server = upstream.tryAccept(cleanup);
        const received = [server?.receive(), server?.receive(), server?.receive()];
        assert.deepEqual(received.map(textOf), ['', 'said', 'EAGAIN']);
      })(),
    );
  });

  it('has nothing left of a connection that was cut while both directions were blocked', () => {
    const relay = new SteppedRelay(cleanup, { maxConnections: 1 });
    const chunk = Buffer.alloc(65_536, 'x');
    relay.run(
      (function* () {
        for (let round = 0; round < 20; round++) {
          const client = relay.connect();
          yield;
          const server = relay.accept();
          // Whatever it is that the one before has left would come first, or keep these from coming.
          client.send(Buffer.from(`question ${round}`));
          server.send(Buffer.from(`answer ${round}`));
          yield;
          assert.equal(String(server.receive()), `question ${round}`);
          assert.equal(String(client.receive()), `answer ${round}`);
          for (let moved = -1; moved !== relay.row[SEND_BYTES] + relay.row[RECV_BYTES]; ) {
            moved = relay.row[SEND_BYTES] + relay.row[RECV_BYTES];
            client.fill(chunk);
            server.fill(chunk);
            yield;
          }
          relay.command({ type: 'cut', listener: 0 });
          yield;
          client.close();
          server.close();
        }
      })(),
    );
    assert.deepEqual([relay.row[OPENED], relay.row[CLOSED]], [20, 20]);
  });
});

function textOf(received: ReceivedMessage | string | undefined): string | undefined {
  return typeof received === 'object' ? String(received.bytes) : received;
}
