import assert from 'node:assert/strict';
import { AttributedReceiver, exchange } from '../../support/attribution/attributed-receiver.js';
import { HOST_CGROUP } from '../../support/attribution/fake-processes.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';

const LINGER_MS = 60_000;

describe('the series of a container', () => {
  const cleanup = useCleanup();
  let nowMs: number;
  let agent: AttributedReceiver;
  let host: AttributedReceiver['host'];

  beforeEach(async () => {
    nowMs = 1_000_000;
    agent = new AttributedReceiver(cleanup, { lingerMs: LINGER_MS, now: () => nowMs });
    ({ host } = agent);
    await agent.serve('a');
    await agent.apply(['a']);
  });

  const flows = () => [...agent.receiver.sockets].flatMap(({ flows }) => [...flows]);

  const flowCountIs = (count: number) =>
    eventually(
      `there are ${count} flows`,
      () => {
        agent.receiver.drainReports();
        return flows().length === count;
      },
      () => flows().length,
    );

  /** When the series of a container started, in s. */
  function startOf(name: string): number | undefined {
    const id = Number(/#(\d+)/.exec(name)?.[1]);
    const found = agent.table
      .readings()
      .find(({ series }) => Number.parseInt(String(series.attributes['container.id']), 16) === id);
    return found?.series.startTime[0];
  }

  it('stays while it lives, however long nobody connects', async () => {
    host.enter(1);
    (await agent.exchange('a')).close();
    nowMs += 100 * LINGER_MS;
    assert.deepEqual(agent.shown(), { 'a host #1': [1, 1] });
  });

  it('stays for the linger time once it has ended, and then goes', async () => {
    host.enter(1);
    (await agent.exchange('a', 'hello')).close();
    host.endContainer(1);
    await flowCountIs(0);
    nowMs += LINGER_MS - 1;
    assert.deepEqual(agent.shown(), { 'a host #1': [5, 1] });
    nowMs += 1;
    assert.deepEqual(agent.shown(), {});
  });

  it('starts anew, from zero, when it comes back under the same id', async () => {
    host.enter(1);
    (await agent.exchange('a', 'before')).close();
    assert.equal(startOf('#1'), 1000);
    host.endContainer(1);
    await flowCountIs(0);
    nowMs += 5000;
    host.enter(1);
    (await agent.exchange('a', 'x')).close();
    assert.deepEqual(agent.shown(), { 'a host #1': [1, 1] });
    assert.equal(startOf('#1'), 1005);
    host.endContainer(1);
    await flowCountIs(0);
  });

  it('goes on until its last connection has ended', async () => {
    host.enter(1);
    const client = await agent.exchange('a');
    host.endContainer(1);
    host.put(HOST_CGROUP);
    await agent.exchange('a');
    await exchange(client, 'still');
    nowMs += 100 * LINGER_MS;
    assert.deepEqual(agent.shown(), { 'a host #1': [6, 1], 'a host program': [1, 1] });
    client.close();
    await flowCountIs(1);
    nowMs += LINGER_MS;
    assert.deepEqual(agent.shown(), { 'a host program': [1, 1] });
  });

  it('notices the end of its second life while connections of the first are open', async () => {
    for (const container of [1, 2]) host.enter(container);
    (await agent.exchange('a')).close();
    host.enter(1);
    const first = await agent.exchange('a');
    host.endContainer(1);
    // Ends are noticed in their order.
    host.endContainer(2);
    await flowCountIs(1);
    host.enter(1);
    // The relay thread may hear of the end of the first life after a connection of the second has come.
    do (await agent.exchange('a')).close();
    while (flows().length < 2);
    await flowCountIs(2);
    first.close();
    await flowCountIs(1);
    host.endContainer(1);
    await flowCountIs(0);
  });

  it('above the limit is counted together with others, exactly', async () => {
    agent.table.configure({ maxSeries: 3, lingerMs: LINGER_MS });
    for (let container = 1; container <= 10; container++) {
      host.enter(container);
      (await agent.exchange('a', 'x'.repeat(container))).close();
    }
    assert.deepEqual(agent.shown(), {
      'a host #1': [1, 1],
      'a host #2': [2, 1],
      'a host #3': [3, 1],
      overflow: [49, 7],
    });
    for (let container = 1; container <= 10; container++) host.endContainer(container);
    await flowCountIs(0);
    host.enter(11);
    await agent.exchange('a', 'xx');
    assert.deepEqual(agent.shown()['a host #11'], [2, 1], 'one that has ended makes room');
    assert.deepEqual(agent.shown()['overflow'], [49, 7]);
  });

  it('stays when its socket is relayed otherwise, although it does not connect, until it ends', async () => {
    for (const container of [1, 2]) {
      host.enter(container);
      (await agent.exchange('a', 'x'.repeat(container))).close();
    }
    for (const threads of [2, 1, 2]) {
      await agent.apply(['a'], { receiver: { threads } });
      nowMs += 2 * LINGER_MS;
      assert.deepEqual(agent.shown(), { 'a host #1': [1, 1], 'a host #2': [2, 1] });
    }
    host.enter(2);
    (await agent.exchange('a', 'more')).close();
    host.endContainer(1);
    await eventually('its end is noticed', () => {
      nowMs += LINGER_MS;
      return agent.shown()['a host #1'] === undefined;
    });
    assert.deepEqual(agent.shown(), { 'a host #2': [6, 2] });
    host.endContainer(2);
    await eventually('its end is noticed', () => {
      nowMs += LINGER_MS;
      return agent.shown()['a host #2'] === undefined;
    });
  });

  it('that ends and lives on other threads ends on all of them', async () => {
    await agent.apply(['a'], { receiver: { threads: 3 } });
    host.enter(1);
    for (let i = 0; i < 60; i++) (await agent.exchange('a')).close();
    host.endContainer(1);
    await flowCountIs(0);
    assert.deepEqual(agent.shown(), { 'a host #1': [60, 60] });
    nowMs += LINGER_MS;
    assert.deepEqual(agent.shown(), {});
  });
});
