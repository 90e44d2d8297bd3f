import assert from 'node:assert/strict';
import { chmodSync, closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { receiveWithDescriptors, trySendWithDescriptors } from '../../../support/ancillary.js';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';

/** The kernel counts what a user has in flight on the whole machine: each run has one of its own. */
const USER = 100_000 + process.pid;
/** Of the relay's process: with more in flight, the kernel takes no descriptors of its user (ETOOMANYREFS). */
const LIMIT = 400;
const OF_MESSAGE = 20;
const MESSAGES = 60;

const isRoot = process.getuid?.() === 0;

describe('a relay whose user has too many descriptors in flight', () => {
  const cleanup = useCleanup();

  it('has them wait until there are fewer, and loses none', async function () {
    if (!isRoot) this.skip();
    const directory = cleanup.directory();
    chmodSync(directory, 0o777);
    const upstream = RawListener.listen(`${directory}/upstream`, cleanup);
    chmodSync(upstream.path, 0o666);
    const path = `${directory}/relay`;
    const relay = Child.start(cleanup, 'relay-process', [path, upstream.path, 1, USER], `ulimit -n ${LIMIT}`);
    assert.equal(await relay.hear(), 'listening');
    const client = await RawStream.connectInTime(path, cleanup);
    const server = await upstream.accept(cleanup);
    const fd = openSync(`${directory}/file`, 'w');
    const fds = Array(OF_MESSAGE).fill(fd);
    await pass(client, server, [fd]);
    // By the thread that closes, which is there then.
    await eventually('the relay has closed its own', () => !isOpen(relay.pid, `${directory}/file`));
    relay.say('user');
    assert.equal(await relay.hear(), 'changed');
    for (let i = 0; i < MESSAGES; i++) assert.equal(trySendWithDescriptors(client, Buffer.from([i]), fds), 1);
    await eventually('there are too many', () => inFlight(server.fd) >= LIMIT);
    // Time to be told, and to try again in vain.
    await setTimeout(20);
    for (let i = 0; i < MESSAGES; i++) assert.deepEqual(await receive(server), [i, OF_MESSAGE]);
    client.send(Buffer.from('end'));
    assert.equal((await server.receiveExactly(3)).toString(), 'end');
    client.close();
    await server.receiveAll();
    server.close();
    relay.say('totals');
    assert.deepEqual(await relay.hear(), { opened: 1, closed: 1, errors: {} });
    closeSync(fd);
  });
});

/** Has descriptors come through. */
async function pass(client: RawStream, server: RawStream, fds: readonly number[]): Promise<void> {
  assert.equal(trySendWithDescriptors(client, Buffer.from([0]), fds), 1);
  assert.deepEqual(await receive(server), [0, fds.length]);
}

/** Whether a process has a file open. */
function isOpen(pid: number, path: string): boolean {
  const descriptors = `/proc/${pid}/fd`;
  return readdirSync(descriptors).some((fd) => linkAt(`${descriptors}/${fd}`) === path);
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return undefined;
  }
}

/** The byte that has come, and with how many descriptors. */
async function receive(server: RawStream): Promise<[number, number]> {
  const { bytes, fds } = await receiveWithDescriptors(server, 1);
  for (const fd of fds) closeSync(fd);
  return [bytes[0], fds.length];
}

/** Descriptors that wait in a socket to be received. */
function inFlight(fd: number): number {
  const [, count] = /^scm_fds:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')) ?? [];
  return Number(count);
}
