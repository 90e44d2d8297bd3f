import assert from 'node:assert/strict';
import type { GenerationSettings } from '../../../../src/processors/enrich/messages.js';
import { MemoryRoom } from '../../../../src/processors/enrich/thread/client-memory.js';
import { Clients } from '../../../../src/processors/enrich/thread/clients.js';
import { CallRoom } from '../../../../src/processors/enrich/thread/pending-calls.js';
import { generationSettings, LIMITS } from '../support/messages.js';

const ONE = 1;
const OTHER = 2;

describe('Client', () => {
  let clients: Clients;

  beforeEach(() => {
    clients = new Clients({ calls: new CallRoom(), memory: new MemoryRoom() });
  });

  /** A flow of a client. */
  function enter(word: number, changes: Partial<GenerationSettings> = {}) {
    const settings = generationSettings(changes);
    const client = clients.enter(word, settings);
    const methods = client.takeNames(settings);
    const leave = () => {
      client.giveNames(settings);
      clients.leave(word, settings);
    };
    return { client, methods, leave };
  }

  it('is one for all its flows, and gone with the last', () => {
    const [first, second] = [enter(ONE), enter(ONE)];
    assert.equal(first.client, second.client);
    first.leave();
    assert.equal(clients.size, 1);
    second.leave();
    assert.equal(clients.size, 0);
  });

  it('is another one of each receiver', () => {
    const [first, second] = [enter(ONE), enter(ONE, { receiver: 'uds/second' })];
    assert.notEqual(first.client, second.client);
  });

  it('shows as many methods as a socket may, and as it may itself, until the socket has no flow', () => {
    const limits = { ...LIMITS, methods: 5 };
    const on = (socket: string) => enter(ONE, { socket, limits, methods: { known: ['known'], max: 3 } });
    const [a, b, sameAsA] = [on('a'), on('b'), on('a')];
    const shown = (names: readonly string[], { methods }: typeof a) => names.map((name) => methods.of(name));
    assert.deepEqual(shown(['1', '2', '3', '4', 'known'], a), ['1', '2', '3', '_OTHER', 'known']);
    assert.deepEqual(shown(['1', '4'], sameAsA), ['1', '_OTHER'], 'on whatever thread');
    assert.deepEqual(shown(['1', '2', '3', 'known'], b), ['1', '2', '_OTHER', 'known']);
    a.leave();
    sameAsA.leave();
    assert.deepEqual(shown(['1', '3', '4'], b), ['1', '3', '_OTHER']);
    const other = enter(OTHER, { socket: 'b', limits });
    assert.deepEqual(shown(['x', 'y', 'z'], other), ['x', 'y', 'z'], 'others have names of their own');
  });

  it('goes by the limits that came last', () => {
    const { methods } = enter(ONE, { limits: { ...LIMITS, methods: 1 } });
    assert.deepEqual(
      ['1', '2'].map((name) => methods.of(name)),
      ['1', '_OTHER'],
    );
    enter(ONE, { limits: { ...LIMITS, methods: 2 }, methods: { known: ['3'], max: 200 } });
    assert.deepEqual(
      ['1', '2', '3', '4'].map((name) => methods.of(name)),
      ['1', '2', '3', '_OTHER'],
    );
  });
});
