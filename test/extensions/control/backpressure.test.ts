import assert from 'node:assert/strict';
import { type Cleanup, useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { EventLog } from './event-log.js';
import { Follower, type Line, open, startControl } from './fixture.js';

/** Makes a page of events larger than all that the kernel and Node keep for a client, many times over. */
const LARGE = { params: 'x'.repeat(4096) };

/** Waits until the agent has read no page for as long as another follower takes for some polls. */
async function untilBlocked(
  cleanup: Cleanup,
  socket: string,
  log: EventLog,
  provide: (log: EventLog) => void,
) {
  const clock = new EventLog();
  provide(clock);
  await Follower.start(cleanup, socket);
  let reads = -1;
  let since = 0;
  await eventually('the agent waits for its client', () => {
    if (log.reads !== reads) {
      reads = log.reads;
      since = clock.reads;
    }
    return clock.reads - since >= 4;
  });
  provide(log);
}

describe('a client of GET /v1/events', () => {
  const cleanup = useCleanup();

  it('that does not read costs a page or two, however much there is', async () => {
    const log = new EventLog(20_000);
    const { socket, provide } = await startControl(cleanup, log);
    log.pushCalls(20_000, LARGE);
    const response = await open(socket, '/v1/events?last=20000');
    cleanup.defer(() => response.destroy());
    await untilBlocked(cleanup, socket, log, provide);
    // 256 events of 4 KiB fill what the kernel and both ends of Node keep.
    assert.ok(log.reads <= 3, `${log.reads} pages of 79 were read`);
  });

  it('is told exactly how many events it missed, where the gap is', async () => {
    const log = new EventLog(1000);
    const { socket, provide } = await startControl(cleanup, log);
    log.pushCalls(1000, LARGE);
    const response = await open(socket, '/v1/events?last=1000');
    cleanup.defer(() => response.destroy());
    await untilBlocked(cleanup, socket, log, provide);
    log.pushCalls(5000);
    const lines: Line[] = [];
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts.map((part) => JSON.parse(part) as Line));
    });
    await eventually('the last event has come', () => lines.at(-1)?.id === '5999');
    let expected = 0;
    let gaps = 0;
    for (const { type, id, count } of lines) {
      if (type === 'missed') {
        gaps++;
        expected += count ?? Number.NaN;
      } else assert.equal(Number(id), expected++);
    }
    assert.equal(expected, 6000);
    assert.equal(gaps, 1);
    assert.equal(lines.at(-1001)?.type, 'missed');
  });

  it('is one of many, and those that read are not held up by those that do not', async () => {
    const log = new EventLog(5000);
    const { socket } = await startControl(cleanup, log);
    log.pushCalls(5000, LARGE);
    for (let i = 0; i < 20; i++) {
      const response = await open(socket, '/v1/events?last=5000');
      cleanup.defer(() => response.destroy());
    }
    const followers: Follower[] = [];
    for (let i = 0; i < 20; i++) followers.push(await Follower.start(cleanup, socket));
    log.pushCalls(500);
    for (const follower of followers) {
      const lines = await follower.read(500);
      assert.deepEqual(
        lines.map(({ id }) => Number(id)),
        Array.from({ length: 500 }, (_, i) => 5000 + i),
      );
    }
  });
});
