import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { AttributedReceiver, exchange, SERVICE } from '../../support/attribution/attributed-receiver.js';
import { containerId, HOST_CGROUP } from '../../support/attribution/fake-processes.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { RawListener } from '../../support/raw-stream.js';

/** How long it is believed that a server is who it was. */
const UPSTREAM_MS = 1000;

describe('attribution', () => {
  const cleanup = useCleanup();
  let agent: AttributedReceiver;
  let host: AttributedReceiver['host'];

  beforeEach(() => {
    agent = new AttributedReceiver(cleanup);
    ({ host } = agent);
  });

  it('counts each container of a shared socket by itself, exactly', async () => {
    await agent.serve('a');
    await agent.apply(['a'], { receiver: { threads: 2 } });
    for (let round = 1; round <= 20; round++) {
      for (const container of [1, 2, 3]) {
        host.enter(container);
        await agent.exchange('a', 'x'.repeat(container * round));
      }
    }
    assert.deepEqual(agent.shown(), {
      'a host #1': [210, 20],
      'a host #2': [420, 20],
      'a host #3': [630, 20],
    });
    assert.deepEqual(agent.unattributed(), {});
  });

  it('goes on counting a connection for the container that made it', async () => {
    await agent.serve('a');
    await agent.apply(['a']);
    host.enter(1);
    const client = await agent.exchange('a', 'before');
    host.enter(2);
    await exchange(client, 'after');
    assert.deepEqual(agent.shown(), { 'a host #1': [11, 1] });
  });

  it('tells the sockets of one container apart', async () => {
    for (const name of ['a', 'b']) await agent.serve(name);
    await agent.apply(['a', 'b']);
    host.enter(1);
    await agent.exchange('a', '1');
    await agent.exchange('b', '22');
    assert.deepEqual(agent.shown(), { 'a host #1': [1, 1], 'b host #1': [2, 1] });
  });

  it('shows a process of the host by its program', async () => {
    await agent.serve('a');
    await agent.apply(['a']);
    host.put(HOST_CGROUP, { executable: '/usr/bin/curl (deleted)' });
    await agent.exchange('a');
    assert.deepEqual(agent.shown(), { 'a host curl': [1, 1] });
  });

  it('has read in the files of the host what a container is called', async () => {
    await agent.serve('a');
    await agent.apply(['a']);
    host.write(`docker/${containerId(1)}/config.v2.json`, { Name: '/web' });
    host.enter(1);
    await agent.exchange('a');
    assert.deepEqual(agent.shown(), { 'a host #1 web': [1, 1] });
  });

  it('finds in the next reading what has arrived, without waiting', async () => {
    await agent.serve('a');
    await agent.apply(['a']);
    for (let container = 1; container <= 50; container++) {
      host.enter(container);
      const client = await agent.connect('a');
      client.send(Buffer.from('x'));
      // The main thread hears nothing of its relay threads in here.
      while (client.receive() === 'EAGAIN');
      assert.deepEqual(agent.shown()[`a host #${container}`], [1, 1]);
    }
  });

  describe('of the server', () => {
    it('is host where it is a process of the host, this one too', async () => {
      host.put(HOST_CGROUP);
      const upstream = RawListener.listen(agent.path('a'), cleanup);
      await agent.apply(['a']);
      const client = await agent.connect('a');
      await upstream.accept(cleanup);
      client.send(Buffer.from('x'));
      await eventually('it is counted', () => agent.shown()['a host program']?.[0] === 1);
    });

    it('is internal where it is in a container, which is named', async () => {
      const { pid } = await agent.serve('a');
      host.write(`docker/${containerId(9)}/config.v2.json`, { Name: '/db' });
      host.enter(9, { pid });
      await agent.apply(['a']);
      host.enter(1);
      await agent.exchange('a');
      host.put(HOST_CGROUP);
      await agent.exchange('a', 'xx');
      assert.deepEqual(agent.shown(), {
        'a internal #1 -> #9 db': [1, 1],
        'a internal program -> #9 db': [2, 1],
      });
    });

    it('is asked anew when another process serves, and after a while', async () => {
      const first = await agent.serve('a');
      await agent.apply(['a']);
      host.enter(1);
      await agent.exchange('a');
      await first.stop();
      const { pid } = await agent.serve('a');
      host.enter(9, { pid });
      await agent.exchange('a', 'xx');
      assert.deepEqual(agent.shown(), { 'a host #1': [1, 1], 'a internal #1 -> #9': [2, 1] });
      host.enter(8, { pid });
      let connections = 0;
      const deadlineMs = Date.now() + 3 * UPSTREAM_MS;
      while (agent.shown()['a internal #1 -> #8'] === undefined && Date.now() < deadlineMs) {
        (await agent.exchange('a')).close();
        connections++;
      }
      assert.deepEqual(agent.shown()['a internal #1 -> #8'], [1, 1]);
      assert.deepEqual(agent.total(), [3 + connections, 2 + connections]);
    });

    it('leaves nothing behind when its container ends', async () => {
      await agent.apply(['a']);
      host.enter(1);
      for (const server of [7, 8, 9]) {
        const { pid, stop } = await agent.serve('a');
        host.enter(server, { pid });
        (await agent.exchange('a')).close();
        await stop();
        host.endContainer(server);
      }
      const flows = () => [...agent.receiver.sockets].flatMap(({ flows }) => [...flows]);
      await eventually(
        'no flow is left',
        () => flows().length === 0,
        () => flows(),
      );
      assert.deepEqual(agent.total(), [3, 3]);
    });

    it('is not shown where nobody knows it', async () => {
      const { pid } = await agent.serve('a');
      host.hide(pid);
      await agent.apply(['a']);
      host.enter(1);
      await agent.exchange('a');
      assert.deepEqual(agent.shown(), { 'a #1': [1, 1] });
      assert.deepEqual(agent.unattributed(), {}, 'it has made no connection');
    });
  });

  describe('that fails', () => {
    it('counts the connection without a container, and why', async () => {
      await agent.serve('a');
      await agent.apply(['a']);
      await agent.exchange('a', 'hidden');
      host.folder(`proc/${process.pid}/cgroup`);
      await agent.exchange('a', 'unreadable');
      host.hide();
      host.enter(1);
      await agent.exchange('a', 'known');
      assert.deepEqual(agent.shown(), { 'a host': [16, 2], 'a host #1': [5, 1] });
      assert.deepEqual(agent.unattributed(), { hidden: 1, unreadable: 1 });
    });

    it('is no matter where nobody asks', async () => {
      await agent.serve('a');
      await agent.apply(['a'], { attributes: [], procRoot: agent.path('nothing') });
      await agent.exchange('a', 'xyz');
      assert.deepEqual(agent.shown(), { a: [3, 1] });
      assert.deepEqual(agent.unattributed(), {});
    });

    it('counts what is refused by the upstream for the container, too', async () => {
      await agent.apply(['a']);
      host.enter(1);
      const client = await agent.connect('a');
      assert.equal((await client.receiveAll()).end, 'EOF');
      assert.deepEqual(agent.shown(), { 'a #1': [0, 1] });
    });
  });

  describe('while a socket is idle', () => {
    it('shows it from the start, with zeros, until somebody has connected', async () => {
      await agent.serve('a');
      await agent.apply(['a']);
      assert.deepEqual(agent.shown(), { a: [0, 0] });
      host.enter(1);
      await agent.exchange('a');
      assert.deepEqual(agent.shown(), { 'a host #1': [1, 1] });
    });
  });

  describe('after a change of attributes', () => {
    it('counts open connections as before, and new ones as it says now', async () => {
      await agent.serve('a');
      await agent.apply(['a']);
      host.enter(1);
      const client = await agent.exchange('a');
      await agent.apply(['a'], { attributes: [] });
      await agent.exchange('a', '22');
      await exchange(client, '333');
      assert.deepEqual(agent.shown(), { 'a host #1': [4, 1], 'a host': [2, 1] });
      await agent.apply(['a']);
      await agent.exchange('a', '4444');
      client.close();
      await eventually('it has ended', () => agent.receiver.socketAt(agent.path('a.relay'))?.draining === 1);
      assert.deepEqual(agent.shown(), { 'a host #1': [8, 2], 'a host': [2, 1] });
    });
  });

  it('forgets nobody who is still there when a program of the same name has ended', async () => {
    await agent.serve('a');
    await agent.apply(['a']);
    host.put(HOST_CGROUP, { executable: SERVICE });
    (await agent.exchange('a')).close();
    rmSync(host.path(`proc/${process.pid}`), { recursive: true });
    host.put(HOST_CGROUP, { executable: SERVICE });
    await agent.exchange('a');
    assert.deepEqual(agent.shown(), { 'a host service': [2, 2] });
  });
});
