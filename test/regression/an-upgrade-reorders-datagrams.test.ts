import assert from 'node:assert/strict';
import { useCleanup } from '../support/cleanup.js';
import { MessageEnd } from '../support/message-end.js';
import { passes, ReceiverFixture } from '../support/receiver-fixture.js';

describe('a socket for datagrams that another agent still reads', () => {
  const cleanup = useCleanup();
  let isRead: boolean;
  let readNoMore: () => void;
  let fixture: ReceiverFixture;
  let server: MessageEnd;
  let client: MessageEnd;

  beforeEach(async () => {
    isRead = true;
    const unread = new Promise<void>((resolve) => {
      readNoMore = () => {
        isRead = false;
        resolve();
      };
    });
    fixture = new ReceiverFixture(cleanup, { readable: () => (isRead ? unread : undefined) });
    server = MessageEnd.bind('dgram', fixture.path('log'), cleanup);
    fixture.listen('other');
    await fixture.apply(sockets());
    client = MessageEnd.connect('dgram', fixture.path('log.relay'), cleanup);
  });

  const sockets = (more = {}) => [fixture.socket('log', { type: 'dgram', ...more }), fixture.socket('other')];

  /** Whether the relay thread has left alone what was sent before. */
  const isLeftAlone = async () => {
    const upstream = fixture.listen('probe');
    await fixture.apply([...sockets(), fixture.socket('probe')]);
    const stream = fixture.connect('probe');
    assert.ok(await passes(stream, await upstream.accept(cleanup), 'asked'));
    return server.receive() === 'EAGAIN';
  };

  it('is left alone until that has stopped, and read then, once', async () => {
    client.send('one');
    assert.ok(await isLeftAlone());
    readNoMore();
    client.send('two');
    for (const text of ['one', 'two']) assert.equal((await server.receiveMessage()).bytes.toString(), text);
  });

  it('is relayed then as it is configured by that time', async () => {
    const another = MessageEnd.bind('dgram', fixture.path('another'), cleanup);
    client.send('one');
    assert.ok(await isLeftAlone());
    await fixture.apply(sockets({ upstream: fixture.path('another') }));
    readNoMore();
    assert.equal((await another.receiveMessage()).bytes.toString(), 'one');
    client.send('two');
    assert.equal((await another.receiveMessage()).bytes.toString(), 'two');
    assert.equal(server.receive(), 'EAGAIN');
  });

  it('is left to that where this agent gives up', async () => {
    client.send('one');
    await fixture.receiver.retire();
    readNoMore();
    assert.equal(server.receive(), 'EAGAIN');
    await fixture.receiver.drained();
  });
});
