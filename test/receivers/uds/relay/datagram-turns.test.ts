import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { useCleanup } from '../../../support/cleanup.js';
import { MessageEnd } from '../../../support/message-end.js';
import { SteppedRelay } from '../../../support/stepped-relay.js';

/** What any queue of datagrams has room for, and what a thread would read of one in a turn if it took no time. */
const WAITING = 10;

/** More than all datagrams of a turn may take, in ms. */
const LONG_MS = 1;

/** Listeners of the relay that are no stepped relay's own. */
const [FIRST, SECOND] = [1, 2];

describe('a thread whose datagrams take long', () => {
  const cleanup = useCleanup();

  /** Each look at the clock finds that it took long. */
  beforeEach(() => {
    const { now } = performance;
    const beginMs = performance.now();
    let looks = 0;
    performance.now = () => beginMs + looks++ * LONG_MS;
    cleanup.defer(() => {
      performance.now = now;
    });
  });

  function queue(path: string): void {
    const client = MessageEnd.connect('dgram', path, cleanup);
    for (let i = 0; i < WAITING; i++) assert.equal(typeof client.send(String(i)), 'number');
  }

  function drain(upstream: MessageEnd): number {
    let count = 0;
    while (typeof upstream.receive() !== 'string') count++;
    return count;
  }

  it('goes on with others after one of all listeners, and with each listener in its turn', () => {
    const relay = new SteppedRelay(cleanup);
    const carried = [0, 0];
    relay.run(
      (function* () {
        const both = [relay.listenForMessages('dgram', FIRST), relay.listenForMessages('dgram', SECOND)];
        yield;
        for (const { path } of both) queue(path);
        for (let turn = 0; turn < WAITING; turn++) {
          yield;
          const before = carried[0] + carried[1];
          for (const [i, { upstream }] of both.entries()) carried[i] += drain(upstream);
          assert.equal(carried[0] + carried[1] - before, 1);
        }
      })(),
    );
    assert.deepEqual(carried, [WAITING / 2, WAITING / 2]);
  });

  it('goes on with others while it reads the last of a listener, which has stopped when all have passed', () => {
    const relay = new SteppedRelay(cleanup);
    const hasStopped = () => relay.reports.some((report) => report.type === 'unlistened');
    relay.run(
      (function* () {
        const { path, upstream } = relay.listenForMessages('dgram', FIRST);
        yield;
        queue(path);
        relay.command({ type: 'unlisten', listener: FIRST, isLast: true });
        let carried = 0;
        for (let turns = 0; !hasStopped(); turns++) {
          assert.ok(turns < 3 * WAITING, `${carried} have passed`);
          yield;
          const more = drain(upstream);
          assert.ok(more <= 2, `${more} in a turn`);
          carried += more;
        }
        assert.equal(carried + drain(upstream), WAITING);
      })(),
    );
  });
});
