import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { kill } from 'node:process';
import * as z from 'zod';
import { registeredContainerSchema } from '../../../src/api/containers/schema.js';
import { ControlClient } from '../../../src/cli/control/control-client.js';
import { useCleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import { RawStream } from '../../support/raw-stream.js';
import { Supervised } from '../../support/supervised.js';

const NEVER_SECONDS = 1000;

describe('containers that were registered with an agent under udscope supervise', () => {
  const cleanup = useCleanup();
  let supervised: Supervised;
  let control: string;
  let agent: number;

  beforeEach(async () => {
    supervised = await Supervised.prepare(cleanup);
    const place = join(supervised.directory, 'private');
    control = join(place, 'control.sock');
    supervised.configure([supervised.socket()], {
      receiver: { containers: { directory: join(place, 'containers') } },
      extensions: { control: { socket: control } },
    });
    agent = await supervised.startReady({ options: ['--no-standby'] });
  });

  /** Registers a container, and returns where its socket listens. */
  async function register(id: string, marker?: string): Promise<string> {
    const body = { sockets: [{ path: '/run/up.sock', upstream: supervised.upstream.path }], marker };
    const answer = await client().put(`/v1/containers/${id}`, body, registeredContainerSchema);
    return answer.sockets[0].listen;
  }

  const client = () => new ControlClient(control, AbortSignal.timeout(NEVER_SECONDS * 1000));

  async function restart(): Promise<void> {
    kill(agent, 'SIGKILL');
    agent = await supervised.readyAgent(supervised.timesReady + 1);
  }

  async function assertRelayed(listen: string): Promise<void> {
    const stream = RawStream.connect(listen, cleanup);
    stream.send(Buffer.from('hello'));
    assert.equal(String(await stream.receiveExactly(5)), 'hello');
  }

  it('have their sockets after it was killed: the same inodes, with the clients that wait there', async () => {
    const listens = [await register('c1'), await register('c2', supervised.directory)];
    const inodes = listens.map((listen) => lstatSync(listen).ino);
    kill(supervised.process.pid, 'SIGSTOP');
    kill(agent, 'SIGKILL');
    const waiting = listens.map((listen) => RawStream.connect(listen, cleanup));
    for (const stream of waiting) stream.send(Buffer.from('early'));
    kill(supervised.process.pid, 'SIGCONT');
    for (const stream of waiting) assert.equal(String(await stream.receiveExactly(5)), 'early');
    agent = await supervised.readyAgent(2);
    assert.deepEqual(
      listens.map((listen) => lstatSync(listen).ino),
      inodes,
    );
    const containers = await client().get('/v1/containers', z.array(z.object({ id: z.string().optional() })));
    assert.deepEqual(containers.flatMap(({ id }) => id ?? []).sort(), ['c1', 'c2']);
    await restart();
    for (const listen of listens) await assertRelayed(listen);
  });

  it('end as before: when they are unregistered, and when their liveness path vanishes', async () => {
    const marker = join(supervised.directory, 'state');
    mkdirSync(marker);
    const listens = [await register('c1'), await register('c2', marker)];
    await restart();
    await client().delete('/v1/containers/c1');
    assert.ok(!existsSync(dirname(listens[0])));
    rmSync(marker, { recursive: true });
    await waitFor('c2 to be removed', () => !existsSync(dirname(listens[1])));
    await restart();
    assert.ok(listens.every((listen) => !existsSync(listen)));
  });

  it('are gone if they have ended while no agent ran', async () => {
    const marker = join(supervised.directory, 'state');
    mkdirSync(marker);
    const listen = await register('c1', marker);
    const registration = join(dirname(listen), '.registration.json');
    utimesSync(registration, NEVER_SECONDS, NEVER_SECONDS);
    rmSync(marker, { recursive: true });
    await restart();
    assert.ok(!existsSync(dirname(listen)));
  });

  for (const [what, text] of [
    ['is cut', '{"version":1,'],
    ['is of another version', '{"version":99}'],
    ['names a socket elsewhere', undefined],
  ] as const) {
    it(`are not known any more if what was written of them ${what}`, async () => {
      const listen = await register('c1');
      const registration = join(dirname(listen), '.registration.json');
      const before = JSON.parse(readFileSync(registration, 'utf8'));
      writeFileSync(registration, text ?? JSON.stringify({ ...before, listens: ['../../../x.sock'] }));
      await restart();
      assert.ok(!existsSync(listen), 'a socket that nobody relays is removed');
      assert.equal(await register('c1'), listen);
      await assertRelayed(listen);
    });
  }

  it('leave nothing behind when it is stopped', async () => {
    const listen = await register('c1');
    await restart();
    await supervised.process.stop();
    assert.ok(!existsSync(dirname(listen)));
  });
});
