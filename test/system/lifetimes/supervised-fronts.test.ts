import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { kill } from 'node:process';
import { asidePath } from '../../../src/linux/front.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { RawStream } from '../../support/raw-stream.js';
import { Supervised } from '../../support/supervised.js';
import { EchoServer } from '../../support/udscope.js';

describe('under udscope supervise, an agent that is killed', () => {
  const cleanup = useCleanup();
  let supervised: Supervised;

  beforeEach(async () => {
    supervised = await Supervised.prepare(cleanup);
  });

  const inodeAt = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.ino;

  it('leaves a path that it has taken over to the next one, with the clients that connect meanwhile', async () => {
    const { path } = supervised.upstream;
    const server = inodeAt(path);
    supervised.configure([{ name: 'echo', upstream: path, takeover: true }], {
      receiver: { containers: { directory: `${supervised.directory}/private/containers` } },
    });
    const agent = await supervised.startReady();
    const front = inodeAt(path);
    assert.notEqual(front, server);
    kill(agent, 'SIGKILL');
    const client = RawStream.connect(path, cleanup);
    assert.equal(client.send(Buffer.from('waiting')), 7);
    assert.equal(String(await client.receiveExactly(7)), 'waiting');
    await supervised.readyAgent(2);
    assert.equal(inodeAt(path), front);
    await supervised.process.stop();
    assert.equal(inodeAt(path), server);
    assert.deepEqual(
      readdirSync(supervised.directory).filter((name) => name.includes('up.sock')),
      ['up.sock'],
    );
  });

  it('leaves a socket that is hidden to the next one, which shows the same inode', async () => {
    const { listen, upstream } = supervised;
    const agent = await supervised.startReady();
    const front = inodeAt(listen);
    await upstream.close();
    if (existsSync(upstream.path)) unlinkSync(upstream.path);
    await eventually('it is hidden', () => inodeAt(listen) === undefined);
    kill(agent, 'SIGKILL');
    await supervised.readyAgent(2);
    assert.equal(inodeAt(listen), undefined);
    assert.equal(inodeAt(asidePath(listen)), front);
    const server = await EchoServer.listen(upstream.path);
    cleanup.defer(() => server.close());
    await eventually('it is shown', () => inodeAt(listen) === front);
  });
});
