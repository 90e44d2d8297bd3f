import assert from 'node:assert/strict';
import { type Homed, Homes } from '../../../../src/receivers/uds/pool/homes.js';
import type { FlowEvents, ListenerConnections } from '../../../../src/receivers/uds/pool/pool-flows.js';
import { useCleanup } from '../../../support/cleanup.js';

/** A listener that notes where it is told to move. */
class TestListener implements Homed {
  readonly moves: number[] = [];
  readonly events: FlowEvents = { flowOpened() {}, flowEnded() {} };

  constructor(
    readonly container: string | undefined,
    readonly isMovable = true,
  ) {}

  moveTo(thread: number): void {
    this.moves.push(thread);
  }
}

describe('Homes', () => {
  const cleanup = useCleanup();
  let loads: number[];
  let closed: Set<number>;
  let looks: number;
  /** By listener, the same for all threads. */
  let connections: Map<FlowEvents, ListenerConnections>;

  beforeEach(() => {
    loads = [0, 0, 0];
    closed = new Set();
    looks = 0;
    connections = new Map();
  });

  function homesOf(threads = 3): Homes {
    return new Homes({
      threads,
      isOpen: (thread) => !closed.has(thread),
      connections: () => connections,
      loads: { of: (thread) => loads[thread], look: () => void looks++ },
    });
  }

  /** Opens a listener, which leaves at the end. */
  function enter(homes: Homes, container: string | undefined, isMovable?: boolean): [TestListener, number] {
    const listener = new TestListener(container, isMovable);
    const thread = homes.enter(listener);
    cleanup.defer(() => homes.leave(listener));
    return [listener, thread];
  }

  it('gives each container the thread with the fewest', () => {
    const homes = homesOf();
    const threads = ['a', 'b', 'c', 'd'].map((container) => enter(homes, container)[1]);
    assert.deepEqual(threads, [0, 1, 2, 0]);
  });

  it('keeps the listeners of a container together', () => {
    const homes = homesOf();
    const threads = ['a', 'b', 'b', 'a', 'c'].map((container) => enter(homes, container)[1]);
    assert.deepEqual(threads, [0, 1, 1, 0, 2]);
  });

  it('gives a listener of no container a home of its own', () => {
    const homes = homesOf();
    const threads = [undefined, undefined, 'a'].map((container) => enter(homes, container, false)[1]);
    assert.deepEqual(threads, [0, 1, 2]);
  });

  it('gives the place of one that has left to the next', () => {
    const homes = homesOf();
    for (const container of ['a', 'b', 'c']) enter(homes, container);
    const [other] = enter(homes, 'b');
    const first = new TestListener('d');
    assert.equal(homes.enter(first), 0);
    homes.leave(first);
    homes.leave(other);
    homes.leave(other);
    assert.equal(enter(homes, 'e')[1], 0, 'the container of which one listener is left still counts');
  });

  it('passes over a thread that is busy beside another, or takes no connections', () => {
    const homes = homesOf();
    loads = [0.9, 0.1, 0.1];
    closed.add(1);
    assert.deepEqual([enter(homes, 'a')[1], enter(homes, 'b')[1]], [2, 2]);
    loads = [0.9, 0.8, 0.9];
    closed.clear();
    assert.equal(enter(homes, 'c')[1], 0, 'all are busy alike');
  });

  it('has idle containers leave a busy thread, once they were idle for as long as a look', () => {
    const homes = homesOf(2);
    const [quiet, loud, away] = ['quiet', 'other', 'loud'].map((name) => enter(homes, name)[0]);
    const talking = new TestListener('quiet');
    assert.equal(homes.enter(talking), 0);
    cleanup.defer(() => homes.leave(talking));
    connections.set(away.events, { opened: 1, open: 1 });
    loads = [1, 0.1];
    homes.balance();
    assert.deepEqual(quiet.moves, []);
    homes.balance();
    assert.deepEqual([quiet.moves, talking.moves, loud.moves, away.moves], [[1], [1], [], []]);
    assert.equal(looks, 2);
    homes.balance();
    assert.deepEqual(quiet.moves, [1], 'it is where it is to be');
  });

  it('leaves one where it is that has a connection, or had one meanwhile', () => {
    const homes = homesOf(2);
    const [talking, , coming] = ['talking', 'other', 'coming'].map((name) => enter(homes, name)[0]);
    connections.set(talking.events, { opened: 7, open: 1 });
    loads = [1, 0];
    for (let opened = 1; opened < 5; opened++) {
      connections.set(coming.events, { opened, open: 0 });
      homes.balance();
    }
    assert.deepEqual([talking.moves, coming.moves], [[], []]);
  });

  it('moves nothing between threads that are busy alike, or not at all', () => {
    const homes = homesOf(2);
    const [first] = enter(homes, 'a');
    for (const now of [
      [1, 0.6],
      [0.4, 0],
    ]) {
      loads = now;
      for (let i = 0; i < 3; i++) homes.balance();
    }
    assert.deepEqual(first.moves, []);
  });

  it('spreads those that leave a busy thread over the others', () => {
    const homes = homesOf();
    const all = Array.from({ length: 9 }, (_, i) => enter(homes, `c${i}`)[0]);
    loads = [1, 0, 0];
    homes.balance();
    homes.balance();
    assert.deepEqual(
      all.map(({ moves }) => moves),
      [[1], [], [], [2], [], [], [1], [], []],
    );
  });

  it('finds others for what a thread can take no more, but for datagrams', () => {
    const homes = homesOf();
    const [stream] = enter(homes, 'a');
    const [datagrams] = enter(homes, 'a', false);
    const [other] = enter(homes, 'b');
    closed.add(0);
    homes.vacate(0);
    assert.deepEqual([stream.moves, datagrams.moves, other.moves], [[2], [], []]);
    closed.add(1).add(2);
    homes.vacate(2);
    assert.deepEqual(stream.moves, [2], 'there is nowhere to go');
  });
});
