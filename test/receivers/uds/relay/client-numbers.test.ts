import assert from 'node:assert/strict';
import { wordOfClient } from '../../../../src/receivers/uds/relay/client-counts.js';
import { allocateClientWords, Clients, NO_CLIENT } from '../../../../src/receivers/uds/relay/clients.js';

/** Clients without a connection that are remembered. */
const REMEMBERED = 256;

const MAX_CONNECTIONS = 2;

const newClients = () => new Clients(allocateClientWords(MAX_CONNECTIONS), wordOfClient);

describe('Clients', () => {
  it('gives each a number, and the same to all connections of one', () => {
    const clients = newClients();
    const [a, b] = [clients.enter('a'), clients.enter('b')];
    assert.equal(clients.enter('a'), a);
    assert.equal(new Set([a, b, NO_CLIENT]).size, 3);
  });

  it('gives who comes back the number he had, whatever he hopes to gain', () => {
    const clients = newClients();
    const number = clients.enter('a');
    for (let i = 0; i < 1000; i++) {
      clients.leave(number);
      assert.equal(clients.enter('a'), number);
    }
  });

  it('gives a number to another only when many have left since, and never one that is in use', () => {
    const clients = newClients();
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

  it('tells by a number which client it is, on whatever thread', () => {
    const memories = [allocateClientWords(MAX_CONNECTIONS), allocateClientWords(MAX_CONNECTIONS)];
    const [one, other] = memories.map((memory) => {
      const clients = new Clients(memory, wordOfClient);
      const words = new Int32Array(memory);
      return (client: string) => words[clients.enter(client)];
    });
    other('b');
    assert.equal(one('a'), other('a'));
    assert.notEqual(one('a'), one('b'));
  });

  it('has room for the words of all that are connected or remembered', () => {
    const memory = allocateClientWords(MAX_CONNECTIONS);
    const clients = new Clients(memory, wordOfClient);
    const numbers = Array.from({ length: 2000 }, (_, i) => {
      const number = clients.enter(`client ${i}`);
      if (i >= MAX_CONNECTIONS) clients.leave(number);
      return number;
    });
    assert.ok(Math.max(...numbers) < new Int32Array(memory).length);
  });

  it('leaves a number alone that nobody has', () => {
    const clients = newClients();
    clients.leave(NO_CLIENT);
    clients.leave(7);
    assert.notEqual(clients.enter('a'), NO_CLIENT);
  });
});
