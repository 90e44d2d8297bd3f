import assert from 'node:assert/strict';
import { EPOLLIN, EPOLLOUT } from '../../../../src/linux/constants.js';
import { ConnectionTable, MESSAGES } from '../../../../src/receivers/uds/relay/connection-table.js';
import { RunQueue } from '../../../../src/receivers/uds/relay/run-queue.js';
import { type Carrier, Serving } from '../../../../src/receivers/uds/relay/serving.js';

const SLOTS = 400;

/** Ends that have their turn at a time at most: with several clients, and with one. */
const SHARED_MAX = 12;
const ALONE_MAX = 256;

describe('Serving', () => {
  let table: ConnectionTable;
  let queue: RunQueue;
  let clients: number;
  let done: string[];
  let faults: string[];
  const meter = { steps: 0 };

  /** Says what it is told to do. */
  function carrier(name: string, bytes = 100): Carrier {
    return {
      isShared: false,
      handle: (end, events) => {
        done.push(`${name} ${end} has ${events}`);
        queue.moved(bytes);
      },
      pump: (end) => {
        done.push(`${name} ${end} again`);
        queue.moved(bytes);
      },
    };
  }

  function serving(streams = carrier('stream')): Serving {
    return new Serving({
      ...{ table, queue, meter, streams },
      messages: () => carrier('messages'),
      clients: () => clients,
      fault: (slot, error) => faults.push(`${slot}: ${(error as Error).message}`),
    });
  }

  /** A turn without events. */
  function turn(one: Serving): number {
    one.begin(0);
    return one.run();
  }

  beforeEach(() => {
    table = new ConnectionTable(SLOTS);
    queue = new RunQueue(table.client);
    clients = 1;
    done = [];
    faults = [];
  });

  it('has the carrier of each connection do what there is to do, and reads an end once', () => {
    table.kind[1] = MESSAGES;
    queue.add(0, EPOLLIN);
    queue.push(0);
    queue.add(2, EPOLLOUT);
    queue.push(2);
    queue.push(4);
    assert.equal(turn(serving()), 3);
    assert.deepEqual(done, ['stream 0 has 1', 'messages 2 has 4', 'messages 2 again', 'stream 4 again']);
  });

  it('serves at once what is added where there is one client, or one event, and nothing waits', () => {
    for (const [has, events] of [
      [1, 3],
      [2, 1],
    ]) {
      clients = has;
      done = [];
      const streams = carrier('stream');
      const one = serving(streams);
      assert.equal(one.begin(events), true);
      assert.equal(streams.isShared, has > 1);
      one.add(0, EPOLLIN);
      one.add(3, EPOLLOUT);
      assert.deepEqual(done, ['stream 0 has 1', 'stream 3 has 4']);
      queue.push(2);
      assert.equal(one.run(), 2);
      assert.deepEqual([done.length, queue.count], [2, 1]);
      assert.equal(one.begin(0), false);
      assert.equal(one.run(), 1);
    }
  });

  it('serves nothing at once where several clients may have something to do', () => {
    clients = 2;
    const one = serving();
    assert.equal(one.begin(2), false);
    one.add(0, EPOLLIN);
    assert.deepEqual([done.length, queue.count], [0, 1]);
    one.run();
    assert.deepEqual(done, ['stream 0 has 1']);
  });

  it('serves all that there was at the start where there is one client', () => {
    for (let end = 0; end < 100; end++) queue.push(end);
    const again = { isShared: false, handle: () => {}, pump: (end: number) => queue.push(end) };
    assert.equal(turn(serving(again)), 100);
    assert.equal(queue.count, 100);
    for (let end = 0; end < SLOTS * 2; end++) queue.push(end);
    assert.equal(turn(serving()), ALONE_MAX);
  });

  it('soon looks who else has something to do where there are several', () => {
    clients = 2;
    for (let end = 0; end < 100; end++) queue.push(end);
    const served = turn(serving());
    assert.ok(served > 0 && served <= SHARED_MAX, `${served} ends`);
    assert.equal(turn(serving(carrier('stream', 400_000))), 1);
  });

  it('has a client pay for what it takes to find its messages', () => {
    clients = 2;
    for (let end = 0; end < 10; end++) queue.push(end);
    const framing: Carrier = {
      isShared: false,
      handle: () => {},
      pump: () => {
        meter.steps += 1_000_000;
      },
    };
    assert.equal(turn(serving(framing)), 1);
  });

  it('goes on with others after a fault', () => {
    const faulty: Carrier = {
      isShared: false,
      handle: () => {},
      pump: (end) => {
        if (end === 0) throw new Error('broken');
        done.push(`${end}`);
      },
    };
    queue.push(0);
    queue.push(2);
    turn(serving(faulty));
    assert.deepEqual([done, faults], [['2'], ['0: broken']]);
  });
});
