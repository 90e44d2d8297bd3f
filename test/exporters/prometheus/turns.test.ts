import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Turns } from '../../../src/exporters/prometheus/turns.js';

describe('Turns', () => {
  it('lets so many go on, and the next when one of them has done', async () => {
    const turns = new Turns(2);
    await turns.take('a');
    await turns.take('a');
    assert.equal(turns.isAwaited, false);
    let hasTurn = false;
    void turns.take('b').then(() => {
      hasTurn = true;
    });
    await nextTurn();
    assert.deepEqual([turns.isAwaited, hasTurn], [true, false]);
    turns.give('a');
    await nextTurn();
    assert.deepEqual([turns.isAwaited, hasTurn], [false, true]);
    turns.give('a');
    turns.give('b');
    await turns.take('c');
    await turns.take('c');
    assert.equal(turns.isAwaited, false);
  });

  it('takes the client next that has least going on, and what it has asked for last', async () => {
    const turns = new Turns(2);
    await turns.take('a');
    await turns.take('b');
    const order: string[] = [];
    const waiting = ['a1', 'a2', 'b1', 'c1', 'c2'].map((name) =>
      turns.take(name.charAt(0)).then(() => order.push(name)),
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
});
