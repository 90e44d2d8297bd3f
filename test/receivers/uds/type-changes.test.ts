import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import { type SocketType, socketTypeAt } from '../../../src/linux/socket-type.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { MessageEnd } from '../../support/message-end.js';
import { ReceiverFixture } from '../../support/receiver-fixture.js';

describe('a relayed socket whose type is that of its upstream', () => {
  const cleanup = useCleanup();

  it('follows an upstream that comes, goes, and comes back as another', async () => {
    const fixture = new ReceiverFixture(cleanup);
    await fixture.apply([fixture.socket('log')]);
    const listen = fixture.path('log.relay');
    assert.equal(socketTypeAt(listen), 'stream');
    for (const type of ['dgram', 'seqpacket', 'dgram', 'stream'] satisfies SocketType[]) {
      const upstream = MessageEnd.bind(type, fixture.path('log'), cleanup);
      await eventually(`it is of type ${type}`, () => socketTypeAt(listen) === type);
      if (type === 'dgram') {
        MessageEnd.connect(type, listen, cleanup).send('through it');
        assert.equal((await upstream.receiveMessage()).bytes.toString(), 'through it');
      }
      upstream.close();
      unlinkSync(fixture.path('log'));
    }
    assert.equal(fixture.total('uds.send_ops', 'log'), 2);
  });

  it('relays between abstract names of any type', async () => {
    const fixture = new ReceiverFixture(cleanup);
    for (const type of ['dgram', 'seqpacket'] satisfies SocketType[]) {
      const name = `@udscope-${process.pid}-${type}`;
      const upstream = MessageEnd.bind(type, `${name}-up`, cleanup);
      await fixture.apply([{ ...fixture.socket(type), listen: name, upstream: `${name}-up` }]);
      const client = MessageEnd.connect(type, name, cleanup);
      client.send('hello');
      if (type === 'dgram') {
        assert.equal((await upstream.receiveMessage()).bytes.toString(), 'hello');
        continue;
      }
      // The first there is: nobody noticed that the receiver asked for the type.
      const server = await upstream.accept(cleanup);
      assert.equal((await server.receiveMessage()).bytes.toString(), 'hello');
    }
  });
});
