import assert from 'node:assert/strict';
import { ExchangeQueue } from '../../../src/protocols/http/exchange-queue.js';

/** A queue in memory of so many bytes, and what is left of them. */
function queueIn(bytes: number) {
  const room = { left: bytes };
  const take = (count: number) => {
    if (count > room.left) return false;
    room.left -= count;
    return true;
  };
  const give = (count: number) => {
    room.left += count;
  };
  return { room, queue: new ExchangeQueue({ take, give, isScarce: false }) };
}

describe('ExchangeQueue', () => {
  it('remembers no calls for which there is no room', () => {
    const { room, queue } = queueIn(1000);
    const exchange = queue.begin(false, true);
    for (let id = 0; id < 1000; id++) queue.add(exchange, String(id));
    assert.equal(room.left, 1000);
    // The one that found no room took the exchange with it: nothing comes on top of what was remembered until then.
    assert.ok(exchange.takeAll().length < 10);
  });

  it('nor those that are asked while they are answered', () => {
    const { room, queue } = queueIn(1000);
    const exchange = queue.begin(false, true);
    assert.equal(queue.takeFirst(), exchange);
    for (let id = 0; id < 1000; id++) queue.add(exchange, String(id));
    assert.ok(room.left < 200);
    assert.ok(exchange.takeAll().length < 10);
  });

  it('tells a call that is asked behind its answer, room or not', () => {
    const { queue } = queueIn(0);
    const exchange = queue.begin(false, true);
    queue.release(exchange);
    exchange.verdict = { error: undefined, doubt: undefined, timeMs: 0, bytes: 0 };
    queue.add(exchange, '1');
    assert.deepEqual(exchange.takeAll(), [exchange.callId('1')]);
  });

  it('gives each of several calls with one id', () => {
    const { queue } = queueIn(10_000);
    const exchange = queue.begin(false, true);
    for (const id of ['1', '2', '1']) queue.add(exchange, id);
    assert.deepEqual(exchange.takeAll().sort(), ['1/1', '1/1', '1/2']);
    assert.deepEqual(exchange.takeAll(), []);
  });
});
