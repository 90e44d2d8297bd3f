import assert from 'node:assert/strict';
import { accept } from '../../../../src/linux/socket.js';
import { ListenSocket } from '../../../../src/linux/unix-listener.js';
import { Arrivals, allocateArrivals } from '../../../../src/receivers/uds/relay/arrivals.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RawStream } from '../../../support/raw-stream.js';

const SENDER = 1;
const OTHER = 2;

describe('Arrivals', () => {
  const cleanup = useCleanup();
  const all = () => true;
  const arrival = (client: number, text = '') => ({ client, upstream: client + 1, listener: 7, text });

  it('brings what was sent, with whatever text', () => {
    const memory = allocateArrivals(2);
    const sent = arrival(100, '{"cgroup":"/käse/🧀"}');
    assert.notEqual(new Arrivals(memory, 1).send(SENDER, sent), undefined);
    assert.equal(new Arrivals(memory, 0).take(all), undefined, 'it is not for the other thread');
    assert.deepEqual(new Arrivals(memory, 1).take(all), sent);
    assert.equal(new Arrivals(memory, 1).take(all), undefined);
  });

  it('leaves what is of a listener that is not known yet', () => {
    const inbox = new Arrivals(allocateArrivals(1), 0);
    inbox.send(SENDER, arrival(100));
    assert.equal(
      inbox.take((listener) => listener !== 7),
      undefined,
    );
    assert.equal(inbox.take(all)?.client, 100);
  });

  it('has room for some, and for no text that is too long', () => {
    const inbox = new Arrivals(allocateArrivals(1), 0);
    assert.equal(inbox.send(SENDER, arrival(1, 'ä'.repeat(4097))), undefined);
    let sent = 0;
    while (inbox.send(SENDER, arrival(sent, 'ä'.repeat(4096))) !== undefined) sent++;
    assert.equal(sent, 16);
    assert.notEqual(inbox.take(all), undefined);
    assert.notEqual(inbox.send(SENDER, arrival(sent)), undefined);
  });

  it('gives a connection back to its sender alone, once', () => {
    const inbox = new Arrivals(allocateArrivals(1), 0);
    const entry = inbox.send(SENDER, arrival(1)) ?? -1;
    assert.ok(!inbox.withdraw(OTHER, entry));
    assert.ok(inbox.withdraw(SENDER, entry));
    assert.ok(!inbox.withdraw(SENDER, entry));
    assert.equal(inbox.take(all), undefined);
    inbox.send(OTHER, arrival(2));
    assert.ok(!inbox.withdraw(SENDER, entry), 'the entry is of another one now');
  });

  it('closes both ends of what nobody takes any more', async () => {
    const path = `${cleanup.directory()}/server`;
    const server = ListenSocket.bind(path);
    cleanup.defer(() => server.close());
    server.listen();
    const ends = [RawStream.connect(path, cleanup), RawStream.connect(path, cleanup)];
    const inbox = new Arrivals(allocateArrivals(1), 0);
    inbox.send(SENDER, { client: accept(server.fd), upstream: accept(server.fd), listener: 0, text: '' });
    inbox.closeAll();
    for (const end of ends) assert.equal((await end.receiveAll()).end, 'EOF');
  });
});
