import assert from 'node:assert/strict';
import { chmodSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { asidePath } from '../../src/linux/front.js';
import { Agent } from '../support/agent.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RawListener, RawStream } from '../support/raw-stream.js';
import { passes } from '../support/receiver-fixture.js';

describe('an agent that takes paths over', () => {
  const cleanup = useCleanup();
  let agent: Agent;
  let path: string;

  beforeEach(() => {
    agent = new Agent(cleanup);
    path = `${cleanup.directory()}/service.sock`;
  });

  function configuration(sockets: unknown[]): unknown {
    return {
      receivers: {
        uds: { threads: 1, sockets, containers: { directory: `${agent.directory}/private/containers` } },
      },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } } },
    };
  }

  const takeover = () => configuration([{ upstream: path, takeover: true }]);
  const inode = () => statSync(path, { throwIfNoEntry: false })?.ino;
  const files = () => readdirSync(dirname(path));
  const records = () => readdirSync(`${agent.directory}/private/takeovers`);

  async function isServed(upstream: RawListener): Promise<void> {
    const client = RawStream.connect(path, cleanup);
    assert.ok(await passes(client, await upstream.accept(cleanup), 'hello'));
    // An agent that is stopped waits for connections.
    client.close();
  }

  it('puts them back when it is stopped', async () => {
    const upstream = RawListener.listen(path, cleanup);
    const server = inode();
    await agent.startWith(takeover());
    assert.equal(inode(), statSync(asidePath(path)).ino);
    await isServed(upstream);
    assert.deepEqual(await agent.process.stop(), { code: 0, signal: null });
    assert.equal(inode(), server);
    assert.deepEqual([files(), records()], [['service.sock'], []]);
  });

  it('takes them over again after it was killed', async () => {
    const upstream = RawListener.listen(path, cleanup);
    chmodSync(path, 0o606);
    const server = inode();
    for (let round = 0; round < 3; round++) {
      await agent.startWith(takeover());
      assert.notEqual(inode(), server);
      assert.equal(statSync(path).mode & 0o777, 0o606);
      await isServed(upstream);
      await agent.process.kill();
      assert.equal(RawStream.tryConnect(path, cleanup), 'ECONNREFUSED');
    }
    await agent.startWith(takeover());
    await agent.process.stop();
    assert.equal(inode(), server);
    assert.deepEqual(files(), ['service.sock']);
  });

  it('puts back after it was killed what it does not take over any more', async () => {
    const upstream = RawListener.listen(path, cleanup);
    const server = inode();
    await agent.startWith(takeover());
    await agent.process.kill();
    await agent.startWith(configuration([{ listen: `${agent.directory}/r/r.sock`, upstream: path }]));
    assert.equal(inode(), server);
    assert.deepEqual([files(), records()], [['service.sock'], []]);
    await isServed(upstream);
  });

  it('does so on a reload, and takes others', async () => {
    const upstream = RawListener.listen(path, cleanup);
    const server = inode();
    await agent.startWith(configuration([]));
    await agent.reloadWith(takeover());
    assert.notEqual(inode(), server);
    await isServed(upstream);
    await agent.reloadWith(configuration([]));
    assert.equal(inode(), server);
    await isServed(upstream);
  });

  it('lets a server start anew that died while the agent was dead, too', async () => {
    const upstream = RawListener.listen(path, cleanup);
    await agent.startWith(takeover());
    await agent.process.kill();
    upstream.close();
    await agent.startWith(takeover());
    assert.equal(RawStream.tryConnect(path, cleanup), 'ECONNREFUSED', 'the dead socket of the server');
    assert.notEqual(inode(), statSync(asidePath(path)).ino);
    unlinkSync(path);
    const next = RawListener.listen(path, cleanup);
    await eventually('it is taken over', () => inode() === statSync(asidePath(path)).ino);
    await isServed(next);
  });
});
