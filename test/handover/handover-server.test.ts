import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { HandoverServer } from '../../src/handover/handover-server.js';
import { HANDOVER_VERSION, MAX_MESSAGE_LENGTH } from '../../src/handover/messages.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { useCleanup } from '../support/cleanup.js';
import { SMALL_GROUP, smallRow } from '../telemetry/support/small-group.js';

describe('an agent that can be taken over', () => {
  const cleanup = useCleanup();
  let directory: string;
  let server: HandoverServer;
  let stopped: number[];
  let retired: number[];
  let failures: string[];

  beforeEach(() => {
    directory = join(cleanup.directory(), 'agents');
    stopped = [];
    retired = [];
    failures = [];
    const table = new SeriesTable(SMALL_GROUP, { maxSeries: 10, lingerMs: 0 });
    table.open({ a: 1 }).attach([smallRow(3, 1)]);
    server = new HandoverServer({
      tables: () => new Map([['items', table]]),
      stopAccepting: (successor) => {
        stopped.push(successor);
        return Promise.resolve();
      },
      retire: (successor) => {
        retired.push(successor);
        return Promise.resolve();
      },
      connections: () => 2,
      refresh: () => Promise.resolve(),
      failed: (_successor, error) => failures.push(error),
    });
    server.start(directory);
    cleanup.defer(() => server.close());
  });

  const open = async (): Promise<Socket> => {
    const [name] = readdirSync(directory);
    const socket = connect(join(directory, String(name))).setEncoding('utf8');
    cleanup.defer(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };

  const say = (socket: Socket, ...messages: object[]) => {
    for (const message of messages) socket.write(`${JSON.stringify(message)}\n`);
  };

  /** Reads until a message of a type has come, and returns all. */
  const hear = async (socket: Socket, type: string) => {
    let text = '';
    while (!text.includes(`{"type":"${type}"`) || !text.endsWith('\n'))
      text += (await once(socket, 'data'))[0];
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
  };

  const HELLO = { type: 'hello', version: HANDOVER_VERSION, pid: 7 };

  it('is reached by its own user only, and leaves nothing behind', () => {
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    server.close();
    assert.deepEqual(readdirSync(directory), []);
  });

  it('retires when it is told to, and tells what it has counted', async () => {
    const socket = await open();
    say(socket, HELLO);
    await hear(socket, 'hello');
    assert.deepEqual(retired, []);
    say(socket, { type: 'retire' });
    const told = await hear(socket, 'done');
    assert.deepEqual(retired, [7]);
    assert.deepEqual(
      told.map(({ type }) => type),
      ['table', 'series', 'counted', 'done'],
    );
  });

  it('says that it reads no more before it has retired, to who asks for that', async () => {
    for (const reads of [true, false]) {
      const socket = await open();
      say(socket, HELLO, { type: 'retire', reads });
      const told = await hear(socket, 'done');
      assert.equal(
        told.findIndex(({ type }) => type === 'stopped'),
        reads ? 1 : -1,
      );
      assert.deepEqual(stopped, retired);
    }
  });

  it('goes on as before when the other one cannot start, or goes away', async () => {
    const socket = await open();
    say(socket, HELLO, { type: 'failed', error: 'no room' });
    await hear(socket, 'hello');
    socket.end();
    await once(socket, 'close');
    assert.deepEqual([retired, failures, server.isRetired], [[], ['no room'], false]);
  });

  for (const [what, text] of [
    ['no JSON', 'hello\n'],
    ['a message that there is not', '{"type":"stop"}\n'],
    ['a message with wrong fields', '{"type":"read","read":-1}\n'],
    ['a line without end', 'x'.repeat(MAX_MESSAGE_LENGTH + 1)],
  ] as const) {
    it(`ends the conversation with who sends ${what}`, async () => {
      const socket = await open();
      socket.on('error', () => {});
      socket.write(text);
      await once(socket, 'close');
      assert.deepEqual([retired, server.isRetired], [[], false]);
    });
  }
});
