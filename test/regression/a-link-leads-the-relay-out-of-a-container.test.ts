/**
 * A container that had the directory of an upstream mounted put a symbolic link in its place. In the container that led
 * nowhere; the relay followed it on the host, to whatever socket is there, for clients who were root.
 */
import assert from 'node:assert/strict';
import { mkdirSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { geteuid } from 'node:process';
import { pino } from 'pino';
import { ContainerSockets } from '../../src/receivers/uds/containers/container-sockets.js';
import { useCleanup } from '../support/cleanup.js';
import { type RawListener, RawStream } from '../support/raw-stream.js';
import { passes, ReceiverFixture } from '../support/receiver-fixture.js';

describe('A link in the place of an upstream', () => {
  const cleanup = useCleanup();
  let fixture: ReceiverFixture;
  let victim: RawListener;

  beforeEach(() => {
    fixture = new ReceiverFixture(cleanup);
    for (const folder of ['host', 'app/sub']) mkdirSync(fixture.path(folder), { recursive: true });
    victim = fixture.listen('host/service');
  });

  const relay = (upstream: string) =>
    fixture.apply([fixture.socket('a', { upstream: fixture.path(upstream) })]);

  /** Who connects is turned away, and not by the victim. */
  async function isRefused(path = fixture.path('a.relay')): Promise<void> {
    await RawStream.connect(path, cleanup).receiveAll();
    assert.equal(victim.tryAccept(cleanup), undefined);
  }

  async function reaches(listener: RawListener): Promise<void> {
    const client = fixture.connect('a');
    assert.ok(await passes(client, await listener.accept(cleanup), 'hello'));
  }

  it('is not followed out of its directory when it is put there later, nor after a reload', async () => {
    await reachesFirst('app/service');
    unlinkSync(fixture.path('app/service'));
    symlinkSync(victim.path, fixture.path('app/service'));
    await isRefused();
    await relay('app/service');
    await isRefused();
  });

  it('is not followed as a directory on the way', async () => {
    await reachesFirst('app/sub/service');
    renameSync(fixture.path('app/sub'), fixture.path('app/old'));
    symlinkSync(fixture.path('host'), fixture.path('app/sub'));
    await isRefused();
  });

  it('is not followed when there was nothing at first', async () => {
    await relay('app/none/service');
    symlinkSync(fixture.path('host'), fixture.path('app/none'));
    await isRefused();
  });

  it('is followed in its directory, also when it changes', async () => {
    const [one, two] = [fixture.listen('app/one'), fixture.listen('app/sub/two')];
    symlinkSync('one', fixture.path('app/service'));
    await relay('app/service');
    await reaches(one);
    unlinkSync(fixture.path('app/service'));
    symlinkSync(two.path, fixture.path('app/service'));
    await reaches(two);
  });

  for (const [what, target, upstream] of [
    ['socket', 'host/service', 'app/service'],
    ['directory', 'host', 'app/service/service'],
  ] as const) {
    it(`is not followed for root when it is there before, as a ${what}`, async () => {
      symlinkSync(fixture.path(target), fixture.path('app/service'));
      await relay(upstream);
      // What another user links to, he may.
      if (geteuid?.() !== 0) return reaches(victim);
      await isRefused();
      assert.match(
        fixture.log.join('\n'),
        /no client reaches .* is a symbolic link .*give the path of the socket/,
      );
    });
  }

  it('leads to nothing from a directory that a container has mounted', async () => {
    await fixture.apply([], { containers: { directory: fixture.path('containers') } });
    const { receiver, containers } = fixture;
    const sockets = new ContainerSockets({ receiver, containers, logger: pino({ level: 'silent' }) });
    const real = fixture.listen('app/sub/service');
    symlinkSync(victim.path, fixture.path('app/planted'));
    const made = await sockets.register({
      id: 'c1',
      sockets: ['planted', 'sub/service'].map((name) => ({
        path: `/d/${name}`,
        upstream: fixture.path(`app/${name}`),
        within: fixture.path('app'),
      })),
      attributes: {},
      annotations: {},
      mounts: [{ destination: '/d', source: fixture.path('app'), type: 'bind' }],
      bundle: undefined,
      livenessPath: undefined,
    });
    assert.deepEqual(
      made.refused.map(({ path }) => path),
      ['/d/planted'],
    );
    assert.match(made.refused[0]?.reason ?? '', /out of the mounted directory by a symbolic link/);
    const listen = made.sockets[0]?.listen ?? assert.fail('there is no socket');
    const client = RawStream.connect(listen, cleanup);
    assert.ok(await passes(client, await real.accept(cleanup), 'hello'));
    renameSync(fixture.path('app/sub'), fixture.path('app/old'));
    mkdirSync(fixture.path('app/sub'));
    symlinkSync(victim.path, fixture.path('app/sub/service'));
    await isRefused(listen);
  });

  async function reachesFirst(upstream: string): Promise<void> {
    const listener = fixture.listen(upstream);
    await relay(upstream);
    await reaches(listener);
  }
});
