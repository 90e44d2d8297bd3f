import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { monotonicMs } from '../../src/linux/clock.js';
import { type Cleanup, useCleanup } from '../support/cleanup.js';
import { waitFor } from '../support/process.js';
import { RawStream } from '../support/raw-stream.js';
import { arrival } from './conversations/channel.js';
import { contentBytes } from './conversations/content.js';
import { Incoming } from './conversations/incoming.js';
import { Outages } from './conversations/outages.js';
import { type EndPlan, KINDS, type Kind, planOf } from './conversations/plan.js';
import { tokenDescriptor } from './conversations/tokens.js';
import { Traffic } from './conversations/traffic.js';
import { startReady } from './program.js';

/** Many more than a pipe has room for. */
const LINES = 5000;

type Meddle = (data: Buffer, number: number) => Buffer | undefined;

/** A relay that does what one must not do, to what all but the first two connections send. */
function meddlingRelay(cleanup: Cleanup, listen: string, upstream: string, meddle: Meddle): Promise<void> {
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const onward = connect({ path: upstream, allowHalfOpen: true });
    for (const socket of [client, onward]) socket.on('error', () => socket.destroy());
    onward.pipe(client);
    const isMeddled = connections++ >= 2;
    let chunks = 0;
    client.on('data', (data) => {
      const passed = isMeddled ? meddle(data, chunks++) : data;
      if (passed === undefined) {
        onward.destroy();
        client.destroy();
      } else onward.write(passed);
    });
    client.on('end', () => onward.end());
  });
  cleanup.defer(() => server.close());
  return new Promise((resolve) => server.listen(listen, resolve));
}

describe('conversations of the fault campaign', () => {
  const cleanup = useCleanup();

  async function talk(kind: Kind, connections: number, meddle?: Meddle): Promise<Traffic> {
    const directory = cleanup.directory();
    const upstream = join(directory, 'up.sock');
    const relay = meddle === undefined ? upstream : join(directory, 'relay.sock');
    const settings = { kind, seed: 9, descriptors: meddle === undefined, polite: true, atATime: 4 };
    const traffic = new Traffic(cleanup, { ...settings, connections, relay, upstream }, new Outages());
    if (meddle !== undefined) await meddlingRelay(cleanup, relay, upstream, meddle);
    await traffic.start();
    await waitFor('all conversations to be over', () => traffic.isOver, { timeoutMs: 40_000 });
    await traffic.end();
    return traffic;
  }

  for (const kind of KINDS) {
    it(`find nothing wrong without a relay: ${kind}`, async () => {
      const traffic = await talk(kind, 300);
      assert.deepEqual(traffic.failures(false), []);
      assert.equal(traffic.clients().bytesSent, traffic.servers().bytesReceived);
      assert.equal(traffic.servers().descriptorsSent, traffic.clients().descriptorsReceived);
      assert.ok(traffic.clients().descriptorsSent > 0);
    });
  }

  const greeting = 8;
  const mistakes: Record<string, [Meddle, RegExp]> = {
    'a byte that is another': [
      (data, number) => {
        if (number > 0 || data.length > greeting) data[data.length - 1] ^= 1;
        return data;
      },
      /byte \d+ is not the one that was sent/,
    ],
    'bytes that come twice': [
      (data, number) => Buffer.concat([data, data.subarray(number === 0 ? greeting : 0)]),
      /byte \d+ is not|more bytes came/,
    ],
    'an end that comes early': [
      (data, number) => (number === 0 ? data.subarray(0, greeting) : Buffer.alloc(0)),
      /receiving ended early/,
    ],
    'a connection that is cut': [
      (data, number) => (number === 0 && data.length === greeting ? data : undefined),
      /cut, at (?:a server|client process)/,
    ],
  };
  for (const [mistake, [meddle, expected]] of Object.entries(mistakes)) {
    it(`find ${mistake}`, async () => {
      const failures = (await talk('stream', 12, meddle)).failures(false);
      assert.match(failures.join('\n'), expected);
    });
  }

  it('may have begun before their server came to accept them', async () => {
    const path = join(cleanup.directory(), 'up.sock');
    const settings = { path, kind: 'stream', seed: 1, descriptors: false, polite: true };
    const server = await startReady(cleanup, 'servers', [JSON.stringify(settings)]);
    server.signal('SIGSTOP');
    const client = await RawStream.connectInTime(path, cleanup);
    client.close();
    const endMs = monotonicMs();
    server.signal('SIGCONT');
    const told = /"cut":.*"fromMs":([\d.]+)/;
    await server.waitForOutput(told);
    const fromMs = Number(told.exec(server.output)?.[1]);
    assert.ok(fromMs <= endMs, `${fromMs} is later than ${endMs}`);
  });

  it('are told of although the campaign does not take in what is told as fast', async () => {
    const reporter = new URL('./conversations/reporter.js', import.meta.url);
    // As programs do, whose standard output does not wait then.
    const tells = `import { exit } from 'node:process';
      import { tell } from '${reporter}';
      for (let i = 0; i < ${LINES}; i++) tell({ wrong: 'x'.repeat(1000) });
      exit(0);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', tells]);
    cleanup.defer(() => child.kill('SIGKILL'));
    const [[code], told] = await Promise.all([once(child, 'exit'), text(child.stdout)]);
    assert.deepEqual([code, told.split('\n').length], [0, LINES + 1]);
  });

  it('are the same for the same seed', () => {
    const settings = { kind: 'seqpacket', seed: 3, descriptors: true, polite: false } as const;
    assert.deepEqual(planOf(settings, 5), planOf(settings, 5));
    assert.notDeepEqual(planOf(settings, 5), planOf(settings, 6));
    assert.notDeepEqual(planOf(settings, 5), planOf({ ...settings, seed: 4 }, 5));
  });
});

describe('what comes in the fault campaign', () => {
  const plan: EndPlan = {
    manner: 'listens',
    bytes: 30,
    messages: [10, 0, 20],
    groups: [{ at: 2, first: 7, count: 1 }],
    stallMs: 0,
    hasName: true,
    sendBuffer: 0,
    phase: 3,
    chunkSeed: 1,
  };
  let incoming: Incoming;

  /** As if so many bytes had come, from `offset` of the content on, with descriptors of these tokens. */
  function come(length: number, offset: number, tokens: readonly number[] = []): void {
    Object.assign(arrival, {
      bytes: contentBytes(plan.phase, offset, length),
      isCut: false,
      hasSender: true,
    });
    arrival.descriptors = tokens.map((token) => openSync(`/proc/self/fd/${tokenDescriptor(token)}`, 'r'));
    incoming.take();
  }

  beforeEach(() => {
    incoming = new Incoming('seqpacket', plan);
  });

  it('is taken when it is what was sent', () => {
    come(10, 0);
    come(0, 10);
    come(20, 10, [7]);
    assert.ok(incoming.isComplete);
  });

  it('is refused when two messages are one, or one is cut', () => {
    assert.throws(() => come(30, 0), /message 0 has 30 bytes/);
    assert.throws(() => come(9, 0), /message 0 has 9 bytes/);
  });

  it('is refused when an empty message is left out', () => {
    come(10, 0);
    assert.throws(() => come(20, 10, [7]), /message 1 has 20 bytes/);
  });

  it('is refused when a descriptor is missing, another, or with another message', () => {
    assert.throws(() => come(10, 0, [7]), /1 descriptors came/);
    come(10, 0);
    come(0, 10);
    assert.throws(() => come(20, 10), /0 descriptors came/);
    incoming = new Incoming('seqpacket', plan);
    come(10, 0);
    come(0, 10);
    assert.throws(() => come(20, 10, [8]), /descriptor 0 at 2 is not the one sent/);
  });
});
