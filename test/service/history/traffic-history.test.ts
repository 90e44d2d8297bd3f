import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { History, HistoryQuery } from '../../../src/api/history/schema.js';
import { Slices } from '../../../src/async/slices.js';
import { type HistoryLimits, TrafficHistory } from '../../../src/service/history/traffic-history.js';
import type { TalliedFlow } from '../../../src/service/usage/tally-pass.js';
import { UsageReport } from '../../../src/service/usage/usage-report.js';
import { CountedUsage } from '../../support/counted-usage.js';

const LIMITS: HistoryLimits = { slots: 6, tracks: 3, clientTracks: 2 };
const SIGNAL = new AbortController().signal;
const ALL: HistoryQuery = { by: 'container', limit: 8, points: 100, filter: undefined };
const STEP_MS = 5000;

const bytesOf = ({ sendBytes, recvBytes }: History['lines'][number] | NonNullable<History['others']>) =>
  sendBytes.map((sent, i) => sent + recvBytes[i]);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const total = ({ lines, others }: History) =>
  sum([...lines, ...(others === undefined ? [] : [others])].flatMap(bytesOf));

describe('the history of traffic', () => {
  let counted: CountedUsage;
  let usage: UsageReport;
  let history: TrafficHistory;
  let nowMs: number;

  beforeEach(() => {
    counted = new CountedUsage();
    usage = new UsageReport(() => [counted]);
    history = new TrafficHistory(LIMITS);
    // Series begin by the real clock: behind all intervals.
    nowMs = Date.now() - 3_600_000;
  });

  const client = (id: string) => ({ 'container.id': id });
  const relay = (id: string, bytes: number, socket = 'geth') =>
    counted.relayed({ client: client(id), socket, sendBytes: bytes });

  async function interval(): Promise<void> {
    nowMs += STEP_MS;
    await history.add(nowMs, await usage.tally(SIGNAL), new Slices(SIGNAL));
  }

  it('has what was counted in each interval, by container and by socket', async () => {
    await interval();
    relay('a', 100);
    counted.relayed({ client: client('b'), socket: 'redis', sendBytes: 1, recvBytes: 9 });
    counted.called('eth_call', { client: client('a'), count: 3 });
    counted.called('eth_call', { client: client('a'), count: 2, outcome: { 'error.type': '-32000' } });
    await interval();
    relay('a', 50);
    await interval();
    const { lines, endsMs, seconds, others } = history.read(ALL);
    assert.deepEqual(endsMs, [nowMs - STEP_MS, nowMs]);
    assert.deepEqual(seconds, [5, 5]);
    assert.deepEqual(lines, [
      {
        container: client('a'),
        sendBytes: [100, 50],
        recvBytes: [0, 0],
        calls: [5, 0],
        errors: [2, 0],
      },
      { container: client('b'), sendBytes: [1, 0], recvBytes: [9, 0], calls: [0, 0], errors: [0, 0] },
    ]);
    assert.equal(others, undefined);
    const bySocket = history.read({ ...ALL, by: 'socket' }).lines;
    assert.deepEqual(
      bySocket.map(({ socket, sendBytes }) => [socket, sendBytes]),
      [
        ['geth', [100, 50]],
        ['redis', [1, 0]],
      ],
    );
  });

  it('tells the time of the wall clock, also where that was set', async () => {
    const aheadMs = 8 * 3_600_000;
    await interval();
    // The series begins by the clock as it was set.
    relay('a', 100);
    const [tallied] = await usage.tally(SIGNAL);
    tallied.tally.sinceMs = nowMs + aheadMs + 1000;
    nowMs += STEP_MS;
    await history.add(nowMs, [tallied], new Slices(SIGNAL), aheadMs);
    const handedOver: TalliedFlow = { ...tallied, key: 'other' };
    tallied.tally.sinceMs = nowMs + aheadMs - 60_000;
    nowMs += STEP_MS;
    await history.add(nowMs, [tallied, handedOver], new Slices(SIGNAL), aheadMs);
    const told = history.read(ALL, aheadMs);
    assert.deepEqual(told.endsMs, [nowMs + aheadMs - STEP_MS, nowMs + aheadMs]);
    assert.deepEqual(told.seconds, [5, 5]);
    assert.equal(total(told), 100);
  });

  it('leaves out what was counted before it began, and by series that are older than it knows of', async () => {
    relay('a', 1000);
    await interval();
    await interval();
    assert.equal(total(history.read(ALL)), 0);
    // A series that another agent has handed over: it has counted for long.
    const [tallied] = await usage.tally(SIGNAL);
    const handedOver: TalliedFlow = { key: 'other', subject: tallied.subject, tally: tallied.tally };
    tallied.tally.sinceMs = nowMs - 60_000;
    nowMs += STEP_MS;
    await history.add(nowMs, [tallied, handedOver], new Slices(SIGNAL));
    assert.equal(total(history.read(ALL)), 0);
  });

  it('forgets the oldest interval', async () => {
    await interval();
    for (let i = 1; i <= 20; i++) {
      relay('a', i);
      await interval();
    }
    const { lines } = history.read(ALL);
    assert.deepEqual(lines[0].sendBytes, [16, 17, 18, 19, 20]);
  });

  it('adds intervals up to as many points as are wanted, of which the last is whole', async () => {
    await interval();
    for (let i = 1; i <= 5; i++) {
      relay('a', i);
      await interval();
    }
    const { lines, seconds, endsMs } = history.read({ ...ALL, points: 3 });
    assert.deepEqual(lines[0].sendBytes, [1, 5, 9]);
    assert.deepEqual(seconds, [5, 10, 10]);
    assert.equal(endsMs.at(-1), nowMs);
  });

  it('keeps the busiest apart, and the sum of all others', async () => {
    await interval();
    for (const [i, id] of ['a', 'b', 'c', 'd', 'e'].entries()) relay(id, 10 * (i + 1));
    await interval();
    const first = history.read(ALL);
    assert.deepEqual(
      first.lines.map(({ container }) => container?.['container.id']),
      ['e', 'd', 'c'],
    );
    assert.equal(total(first), 150);
    assert.equal(sum(bytesOf(first.others!)), 30);
    // What was quiet has become louder than all of another.
    relay('a', 1000);
    await interval();
    const second = history.read(ALL);
    assert.deepEqual(
      second.lines.map(({ container }) => container?.['container.id']),
      ['a', 'e', 'd'],
    );
    assert.equal(total(second), 1150);
    assert.equal(second.unchosen, 3, 'a, b and c have a part among the others');
  });

  it('lets no container have more than its share', async () => {
    await interval();
    relay('quiet', 1);
    for (let i = 0; i < 50; i++) relay('loud', 1000 + i, `socket-${i}`);
    await interval();
    const bySocket = history.read({ ...ALL, by: 'socket' });
    assert.deepEqual(
      bySocket.lines.map(({ socket }) => socket),
      ['socket-17', 'socket-16', 'geth'],
    );
    assert.equal(total(bySocket), 1 + 50 * 1000 + (49 * 50) / 2);
  });

  it('says what is chosen and not known apart', async () => {
    await interval();
    for (let i = 0; i < 4; i++) relay('a', 10 + i, `socket-${i}`);
    await interval();
    const filter: HistoryQuery['filter'] = ({ container }) => container['container.id'] === 'a';
    const chosen = history.read({ ...ALL, filter });
    assert.equal(chosen.others, undefined);
    assert.equal(total(chosen), 12 + 13);
    assert.equal(chosen.unchosen, 2, 'two had to give way');
    const none = history.read({ ...ALL, filter: () => false });
    assert.deepEqual([none.lines, none.unchosen], [[], 0]);
  });

  it('counts what has ended and begun anew', async () => {
    await interval();
    relay('a', 100);
    await interval();
    counted.end();
    await interval();
    relay('a', 30);
    await interval();
    assert.deepEqual(history.read(ALL).lines[0]?.sendBytes.at(-1), 30);
  });

  it('adds up to all that was relayed, whoever is loud', async () => {
    const step = fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 500 })), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: LIMITS.slots - 1 }), async (steps) => {
        counted = new CountedUsage();
        usage = new UsageReport(() => [counted]);
        history = new TrafficHistory(LIMITS);
        await interval();
        for (const relayed of steps) {
          for (const [id, bytes] of relayed) relay(`c${id >> 1}`, bytes, `s${id & 1}`);
          await interval();
        }
        const expected = sum(steps.flat().map(([, bytes]) => bytes));
        for (const by of ['container', 'socket'] as const)
          assert.equal(total(history.read({ ...ALL, by })), expected);
        assert.equal(total(history.read({ ...ALL, limit: 1 })), expected);
      }),
      { numRuns: 50 },
    );
  });
});
