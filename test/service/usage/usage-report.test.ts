import assert from 'node:assert/strict';
import type { FlowGroup, UsageQuery } from '../../../src/api/usage/query.js';
import { COMMANDS, HTTP, MCP, SQL } from '../../../src/protocols/conventions.js';
import { RECV } from '../../../src/protocols/direction.js';
import { UsageReport } from '../../../src/service/usage/usage-report.js';
import { CountedUsage } from '../../support/counted-usage.js';

const { signal } = new AbortController();

const QUERY: UsageQuery = { order: 'calls', limit: 100, after: undefined, filter: undefined };

describe('UsageReport', () => {
  let counted: CountedUsage;
  let report: UsageReport;

  beforeEach(() => {
    counted = new CountedUsage();
    report = new UsageReport(() => [counted]);
  });

  const methods = (change: Partial<UsageQuery> = {}) => report.methods({ ...QUERY, ...change }, signal);
  const flows = (by: FlowGroup, change: Partial<UsageQuery> = {}) =>
    report.flows(by, { ...QUERY, ...change }, signal);
  const namesIn = async (change: Partial<UsageQuery> = {}) =>
    (await methods(change)).entries.map(({ method }) => method);

  it('has nothing while nothing is counted', async () => {
    assert.deepEqual(await methods(), { entries: [], total: 0, next: undefined });
    assert.deepEqual(await flows('container'), { entries: [], total: 0, next: undefined });
  });

  it('adds up the outcomes of a method', async () => {
    const container = { 'container.id': 'c0ffee', 'container.name': 'wallet' };
    counted.called('eth_call', { container, count: 90, ms: 4, sendBytes: 100, recvBytes: 5000 });
    counted.called('eth_call', { container, outcome: { 'error.type': '-1' }, count: 7, ms: 20 });
    counted.called('eth_call', { container, outcome: { 'error.type': 'no_response' }, count: 1 });
    counted.called('eth_call', { container, outcome: { 'udscope.outcome': 'unknown' }, count: 2 });
    counted.called('eth_call', { container, outcome: { 'udscope.outcome': 'cancelled' }, count: 3 });
    const { entries, total } = await methods();
    const [{ durations, ...entry } = assert.fail()] = entries;
    assert.equal(total, 1);
    assert.deepEqual(entry, {
      container,
      socket: 'geth',
      path: '/run/geth.ipc',
      protocol: 'jsonrpc',
      method: 'eth_call',
      from: 'container',
      counts: { calls: 103, errors: 8, unknown: 2, cancelled: 3, sendBytes: 100, recvBytes: 5000 },
    });
    assert.equal(durations?.count, 97);
    assert.ok(Math.abs(durations.sumMs - 500) < 0.1);
    assert.deepEqual(durations.boundariesMs.slice(0, 3), [5, 10, 25]);
    assert.deepEqual(durations.counts.slice(0, 4), [90, 0, 7, 0]);
    assert.ok(durations.p50Ms < 5 && durations.p95Ms > 10 && durations.p99Ms < 25);
  });

  it('names methods of all conventions as events do', async () => {
    counted.called('GET /containers/{id}/json', { convention: HTTP, system: 'http' });
    counted.called('SELECT orders', { convention: SQL, system: 'mariadb', namespace: 'shop' });
    counted.called('CONFIG GET', { convention: COMMANDS, system: 'redis' });
    counted.called('tools/call get_weather', { convention: MCP, system: 'mcp' });
    const { entries } = await methods();
    assert.deepEqual(
      entries.map(({ protocol, method, namespace }) => [protocol, method, namespace]).toSorted(),
      [
        ['http', 'GET /containers/{id}/json', undefined],
        ['mcp', 'tools/call get_weather', undefined],
        ['mysql', 'SELECT orders', 'shop'],
        ['redis', 'CONFIG GET', undefined],
      ],
    );
  });

  it('tells the ends that call apart, and bytes once', async () => {
    counted.called('ping', { count: 3, sendBytes: 10, recvBytes: 20 });
    counted.called('ping', { direction: RECV, count: 5, ms: 30 });
    counted.called('notify', { direction: RECV, count: 1, recvBytes: 7 });
    const { entries } = await methods();
    assert.deepEqual(
      entries.map(({ method, from, counts }) => [
        method,
        from,
        counts.calls,
        counts.sendBytes,
        counts.recvBytes,
      ]),
      [
        ['ping', 'upstream', 5, 0, 0],
        ['ping', 'container', 3, 10, 20],
        ['notify', 'upstream', 1, 0, 7],
      ],
    );
    assert.equal(entries[0]?.durations?.count, 5);
    assert.equal(entries[1]?.durations, undefined);
  });

  it('orders by each of the orders', async () => {
    counted.called('a', { count: 10, ms: 1, sendBytes: 1 });
    counted.called('b', { count: 5, ms: 600, outcome: { 'error.type': '1' } });
    counted.called('c', { count: 7, ms: 60, outcome: { 'udscope.outcome': 'unknown' }, recvBytes: 9 });
    counted.called('d', { count: 6, outcome: { 'udscope.outcome': 'cancelled' } });
    assert.deepEqual(await namesIn(), ['a', 'c', 'd', 'b']);
    assert.deepEqual((await namesIn({ order: 'errors' }))[0], 'b');
    assert.deepEqual((await namesIn({ order: 'unknown' }))[0], 'c');
    assert.deepEqual((await namesIn({ order: 'cancelled' }))[0], 'd');
    assert.deepEqual((await namesIn({ order: 'bytes' })).slice(0, 2), ['c', 'a']);
    for (const order of ['mean', 'p50', 'p95', 'p99'] as const) {
      assert.deepEqual(await namesIn({ order }), ['b', 'c', 'a', 'd'], order);
    }
    assert.deepEqual(await namesIn({ order: 'name' }), ['a', 'b', 'c', 'd']);
  });

  it('gives every entry on one page or another', async () => {
    for (let i = 0; i < 25; i++) counted.called(`m${i}`, { count: i % 3 });
    const seen: string[] = [];
    let after: UsageQuery['after'];
    do {
      const page = await methods({ limit: 4, after });
      assert.equal(page.total, 16);
      assert.ok(page.entries.length === 4 || page.next === undefined);
      seen.push(...page.entries.map(({ method }) => method));
      after = page.next;
    } while (after !== undefined);
    assert.equal(new Set(seen).size, 16);
    assert.equal(seen.length, 16);
  });

  it('counts what the filter wants', async () => {
    counted.called('a', { socket: 'x' });
    counted.called('b', { socket: 'y' });
    const page = await methods({ filter: ({ socket }) => socket === 'y' });
    assert.deepEqual([page.total, page.entries.map(({ method }) => method)], [1, ['b']]);
    // What was left out the last time is there again.
    assert.equal((await methods()).total, 2);
  });

  it('adds up flows by container, by socket, and by both', async () => {
    const other = { 'container.id': 'beef' };
    counted.relayed({ sendBytes: 100, recvBytes: 50, opened: 3, closed: 1 });
    counted.relayed({ socket: 'docker', path: '/run/docker.sock', sendBytes: 7 });
    counted.relayed({ client: other, sendBytes: 1000 });
    counted.called('eth_call', { count: 4, ms: 2 });
    counted.called('eth_call', { client: other, count: 9, outcome: { 'error.type': '1' } });
    counted.called('ping', { client: other, count: 2, direction: RECV });
    const shown = async (by: FlowGroup) =>
      (await flows(by, { order: 'bytes' })).entries.map(({ container, socket, counts, calls, protocols }) => [
        container?.['container.id'],
        socket,
        counts.sendBytes,
        calls.calls,
        calls.errors,
        protocols?.join(),
      ]);
    assert.deepEqual(await shown('flow'), [
      ['beef', 'geth', 1000, 11, 9, 'jsonrpc'],
      ['c0ffee', 'geth', 100, 4, 0, 'jsonrpc'],
      ['c0ffee', 'docker', 7, 0, 0, ''],
    ]);
    assert.deepEqual(await shown('container'), [
      ['beef', undefined, 1000, 11, 9, 'jsonrpc'],
      ['c0ffee', undefined, 107, 4, 0, 'jsonrpc'],
    ]);
    assert.deepEqual(await shown('socket'), [
      [undefined, 'geth', 1100, 15, 9, 'jsonrpc'],
      [undefined, 'docker', 7, 0, 0, ''],
    ]);
    const [, flow] = (await flows('flow', { order: 'bytes' })).entries;
    assert.deepEqual([flow?.counts.active, flow?.counts.opened, flow?.counts.recvBytes], [2, 3, 50]);
    assert.equal(flow?.durations?.count, 4);
  });

  it('adds up histograms with different boundaries', async () => {
    counted.called('SELECT', { convention: SQL, system: 'postgresql', count: 10, ms: 3 });
    counted.called('eth_call', { count: 10, ms: 3 });
    const [entry] = (await flows('container')).entries;
    assert.equal(entry?.durations?.count, 20);
    const { boundariesMs, counts } = entry.durations;
    assert.deepEqual(boundariesMs.slice(0, 4), [1, 5, 10, 25]);
    // Of those below 5 ms, a fifth is taken to be below 1 ms where the histogram does not say.
    assert.deepEqual(counts.slice(0, 3), [2, 18, 0]);
  });

  it('shows what has found no room under the name of its client only', async () => {
    counted.overflowed({ 'container.id': 'loud' }, 12);
    const [entry] = (await methods()).entries;
    assert.deepEqual(
      [entry?.container, entry?.socket, entry?.protocol, entry?.method, entry?.counts.calls],
      [{ 'container.id': 'loud' }, undefined, undefined, '_OTHER', 12],
    );
  });

  it('learns the name of a container, and forgets what has ended', async () => {
    counted.called('a', { container: { 'container.id': 'c0ffee' } });
    await methods();
    const container = { 'container.id': 'c0ffee', 'container.name': 'wallet' };
    counted.called('b', { container });
    const { entries } = await methods();
    assert.deepEqual(
      entries.map((each) => each.container),
      [container, container],
    );
    counted.end();
    assert.equal((await methods()).total, 0);
  });

  it('keeps answers to several questions at once apart', async () => {
    for (let i = 0; i < 500; i++) counted.called(`m${i}`, { count: i, sendBytes: 1000 - i });
    const [byCalls, byBytes, filtered] = await Promise.all([
      methods({ limit: 1 }),
      methods({ limit: 1, order: 'bytes' }),
      methods({ filter: ({ method }) => method === 'm7' }),
    ]);
    assert.deepEqual(
      [byCalls, byBytes, filtered].map(({ entries }) => entries[0]?.method),
      ['m499', 'm1', 'm7'],
    );
  });

  it('lets others have their turn, and ends when nobody waits for it', async () => {
    for (let i = 0; i < 20_000; i++) counted.called(`m${i}`);
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    turn();
    await methods({ limit: 5 });
    isOver = true;
    assert.ok(turns > 5, `${turns} turns`);
    const leaving = new AbortController();
    const asked = report.methods(QUERY, leaving.signal);
    setImmediate(() => leaving.abort());
    await assert.rejects(asked, { name: 'AbortError' });
    assert.equal((await methods({ limit: 5 })).total, 20_000);
  });
});
