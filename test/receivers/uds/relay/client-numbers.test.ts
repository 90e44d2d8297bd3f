import assert from 'node:assert/strict';
import { Clients, NO_CLIENT } from '../../../../src/receivers/uds/relay/clients.js';

/** Clients without a connection that are remembered. */
const REMEMBERED = 256;

describe('Clients', () => {
  it('gives each a number, and the same to all connections of one', () => {
    const clients = new Clients();
    const [a, b] = [clients.enter('a'), clients.enter('b')];
    assert.equal(clients.enter('a'), a);
    assert.equal(new Set([a, b, NO_CLIENT]).size, 3);
  });

  it('gives who comes back the number he had, whatever he hopes to gain', () => {
    const clients = new Clients();
    const number = clients.enter('a');
    for (let i = 0; i < 1000; i++) {
      clients.leave(number);
      assert.equal(clients.enter('a'), number);
    }
  });

  it('gives a number to another only when many have left since, and never one that is in use', () => {
    const clients = new Clients();
    const living = clients.enter('living');
    const seen = new Map<number, number>();
    for (let i = 0; i < 10_000; i++) {
      const number = clients.enter(`short ${i}`);
      assert.notEqual(number, living);
      const before = seen.get(number);
      if (before !== undefined) assert.ok(i - before > REMEMBERED);
      seen.set(number, i);
      clients.leave(number);
    }
    assert.ok(seen.size <= REMEMBERED + 2, `${seen.size} numbers`);
  });

  it('leaves a number alone that nobody has', () => {
    const clients = new Clients();
    clients.leave(NO_CLIENT);
    clients.leave(7);
    assert.notEqual(clients.enter('a'), NO_CLIENT);
  });
});
