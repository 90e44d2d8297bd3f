import assert from 'node:assert/strict';
import { allocateClientCounts, ClientCounts } from '../../../../src/receivers/uds/relay/client-counts.js';
import { allocateClientHomes, ClientHomes } from '../../../../src/receivers/uds/relay/client-homes.js';

describe('ClientHomes', () => {
  /** The homes and the counts of a pool, as each of its threads has them. */
  function pool(threads: number): {
    homes: ClientHomes[];
    connect(client: string, at: number): number;
    leave(client: string, at: number): void;
  } {
    const [homesMemory, countsMemory] = [allocateClientHomes(threads), allocateClientCounts(threads)];
    const homes = Array.from({ length: threads }, (_, i) => new ClientHomes(homesMemory, i));
    const counts = homes.map((_, i) => new ClientCounts(countsMemory, i));
    for (const [i, own] of homes.entries()) own.setOpen(i, true);
    const wordOf = (client: string) => counts[0].cellsOf(client);
    return {
      homes,
      connect: (client, at) => {
        const word = wordOf(client);
        const home = homes[at].of(word, counts[at]);
        counts[home].add(word, 1);
        homes[home].settle(word);
        return home;
      },
      leave: (client, at) => {
        counts[at].add(wordOf(client), -1);
        homes[at].leave(wordOf(client), counts[at]);
      },
    };
  }

  it('has a client where it first came, whoever accepts its connections', () => {
    const { connect } = pool(3);
    assert.equal(connect('a', 1), 1);
    for (const thread of [0, 1, 2]) assert.equal(connect('a', thread), 1);
  });

  it('has each client on a thread of its own, as far as there are threads', () => {
    const { homes, connect } = pool(3);
    const taken = ['a', 'b', 'c', 'd'].map((client) => connect(client, 0));
    assert.deepEqual(taken.slice(0, 3).toSorted(), [0, 1, 2]);
    assert.deepEqual(homes.map((_, i) => homes[0].clients(i)).toSorted(), [1, 1, 2]);
  });

  it('leaves half of four threads to others, and spreads a client over the other half', () => {
    const { connect } = pool(4);
    const of = (client: string) => new Set(Array.from({ length: 8 }, (_, i) => connect(client, i % 4)));
    const [a, b] = [of('a'), of('b')];
    assert.deepEqual([a.size, b.size], [2, 2]);
    assert.equal(new Set([...a, ...b]).size, 4);
  });

  it('forgets a client with its last connection', () => {
    const { homes, connect, leave } = pool(2);
    const home = connect('a', 0);
    connect('a', 0);
    leave('a', home);
    assert.equal(homes[0].clients(home), 1);
    leave('a', home);
    assert.equal(homes[0].clients(home), 0);
    assert.equal(connect('a', 1 - home), 1 - home);
  });

  it('has those that come rather where no thread is busy, and leaves the others', () => {
    const { homes, connect } = pool(2);
    const before = connect('a', 0);
    homes[0].setBusy(before, true);
    for (const client of ['b', 'c', 'd']) assert.equal(connect(client, before), 1 - before);
    assert.equal(connect('a', 1 - before), before);
    homes[0].setBusy(before, false);
    assert.equal(connect('e', before), before);
  });

  it('has nobody on a thread that has ended', () => {
    const { homes, connect } = pool(3);
    const before = connect('a', 0);
    homes[0].setOpen(before, false);
    const after = connect('a', (before + 1) % 3);
    assert.notEqual(after, before);
    assert.deepEqual([homes[0].clients(before), homes[0].clients(after)], [0, 1]);
  });

  it('reserves no more slots than there are', () => {
    const { homes } = pool(2);
    const [taken] = [homes[0].slotsTaken(1)];
    assert.ok(homes[0].reserve(1, 2));
    assert.ok(homes[0].reserve(1, 2));
    assert.ok(!homes[0].reserve(1, 2));
    assert.equal(taken[0], 2);
    homes[0].giveUp(1);
    assert.ok(homes[0].reserve(1, 2));
  });
});
