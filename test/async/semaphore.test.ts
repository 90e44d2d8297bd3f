import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Semaphore } from '../../src/async/semaphore.js';

describe('Semaphore', () => {
  const stays = new AbortController().signal;

  it('lets so many go on, and the next when one of them has done', async () => {
    const turns = new Semaphore(2);
    await turns.take('a', stays);
    await turns.take('a', stays);
    assert.equal(turns.isAwaited, false);
    let hasTurn = false;
    void turns.take('b', stays).then(() => {
      hasTurn = true;
    });
    await nextTurn();
    assert.deepEqual([turns.isAwaited, hasTurn], [true, false]);
    turns.give('a');
    await nextTurn();
    assert.deepEqual([turns.isAwaited, hasTurn], [false, true]);
    turns.give('a');
    turns.give('b');
    await turns.take('c', stays);
    await turns.take('c', stays);
    assert.equal(turns.isAwaited, false);
  });

  it('takes the client next that has least going on, and what it has asked for last', async () => {
    const turns = new Semaphore(2);
    await turns.take('a', stays);
    await turns.take('b', stays);
    const order: string[] = [];
    const waiting = ['a1', 'a2', 'b1', 'c1', 'c2'].map((name) =>
      turns.take(name.charAt(0), stays).then(() => order.push(name)),
    );
    turns.give('b');
    await nextTurn();
    for (const client of ['a', 'b', 'c', 'a', 'c']) {
      turns.give(client);
      await nextTurn();
    }
    await Promise.all(waiting);
    assert.deepEqual(order, ['c2', 'b1', 'a2', 'c1', 'a1']);
  });

  it('forgets who has gone', async () => {
    const turns = new Semaphore(1);
    assert.equal(await turns.take('a', stays), true);
    const leaving = new AbortController();
    const left = turns.take('b', leaving.signal);
    leaving.abort();
    assert.equal(await left, false);
    assert.equal(await turns.take('b', leaving.signal), false);
    assert.equal(turns.isAwaited, false);
    turns.give('a');
    assert.equal(await turns.take('c', stays), true);
  });
});
