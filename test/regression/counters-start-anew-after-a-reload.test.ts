/**
 * A changed socket, or other threads, made every series without an open connection start again from zero with the next
 * connection: what had been counted was gone.
 */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { Containers } from '../../src/identity/containers.js';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import { udsReceiverSchema } from '../../src/receivers/uds/config.js';
import { CLOSED, OPENED, SEND_BYTES } from '../../src/receivers/uds/counters.js';
import { RunningReceiver } from '../../src/service/running-receiver.js';
import type { SeriesTable } from '../../src/telemetry/series-table.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

describe('What was counted before a reload', () => {
  const cleanup = useCleanup();
  let running: RunningReceiver;
  let upstream: RawListener;
  let listen: string;

  beforeEach(() => {
    const logger = pino({ level: 'silent' });
    const containers = new Containers();
    const fatal = (error: unknown) => assert.fail(String(error));
    running = new RunningReceiver({ id: 'uds', logger, containers, fatal }, new EnrichThread(logger));
    running.configure({ maxSeries: 100, lingerMs: 60_000 });
    cleanup.defer(async () => {
      await running.shutdown(0);
      containers.close();
    });
    const directory = cleanup.directory();
    upstream = RawListener.listen(`${directory}/up.sock`, cleanup);
    listen = `${directory}/relay.sock`;
  });

  async function apply(config: object): Promise<void> {
    const parsed = udsReceiverSchema.parse({ containers: { directory: `${listen}.d` }, ...config });
    const change = await running.prepare(parsed, ['container.id'], undefined);
    await change.commit();
  }

  const socket = (more: object = {}) => ({ name: 's', listen, upstream: upstream.path, ...more });

  /** Of all series that there are, one after the other. */
  const counted = (column: number, table: SeriesTable = running.table) =>
    table.readings().map(({ totals }) => totals[column]);
  const sum = (column: number) => counted(column).reduce((total, value) => (total ?? 0) + (value ?? 0), 0);

  async function say(text: string, path = listen): Promise<void> {
    const client = RawStream.connect(path, cleanup);
    const server = await upstream.accept(cleanup);
    client.send(Buffer.from(text));
    await server.receiveExactly(text.length);
    client.close();
    server.close();
    await eventually('it is closed', () => sum(OPENED) === sum(CLOSED));
  }

  it('is still counted when the socket or the threads have changed', async () => {
    await apply({ threads: 1, sockets: [socket()] });
    await say('12345');
    await apply({ threads: 2, sockets: [socket()] });
    await say('678');
    assert.equal(sum(SEND_BYTES), 8);
    await apply({ threads: 2, sockets: [socket({ idle_timeout: '1m' })] });
    await say('9');
    assert.equal(sum(SEND_BYTES), 9);
  });

  it('is not counted for a container that comes back under the same id', async () => {
    await apply({ threads: 1, sockets: [] });
    const unused = {
      attributes: {},
      annotations: {},
      mounts: [],
      bundle: undefined,
      livenessPath: undefined,
    };
    const request = { id: 'c1', sockets: [{ path: '/s', upstream: upstream.path }], ...unused };
    for (const text of ['12345', '678']) {
      const { sockets } = await running.control.containerSockets.register(request);
      await say(text, sockets[0]?.listen);
      await running.control.containerSockets.unregister('c1');
    }
    assert.equal(Math.max(...counted(SEND_BYTES).map((value) => value ?? 0)), 3);
  });
});
