import assert from 'node:assert/strict';
import type { Epoll } from '../../../../src/linux/epoll.js';
import { EventWait } from '../../../../src/receivers/uds/relay/event-wait.js';

const LOOK_MS = 0.02;
/** How long a look takes. */
const STEP_MS = 0.005;
const LOOKS = LOOK_MS / STEP_MS;

/** An epoll that has an event for a wait, and for looks when it is told so; and the clock that goes on with every look. */
class Script {
  readonly waits: number[] = [];
  nowMs = 0;
  /** What the next looks find. */
  found: number[] = [];

  waitFor(lookMs = LOOK_MS): EventWait {
    const wait = (timeoutMs: number) => {
      this.waits.push(timeoutMs);
      if (timeoutMs !== 0) return 1;
      this.nowMs += STEP_MS;
      return this.found.shift() ?? 0;
    };
    return new EventWait({ wait } as Epoll, lookMs, () => this.nowMs);
  }

  /** What has been waited for since the last call. */
  taken(): number[] {
    return this.waits.splice(0);
  }
}

describe('EventWait', () => {
  it('sleeps at once where nothing has happened before, or looking is off', () => {
    const script = new Script();
    const eventWait = script.waitFor();
    assert.equal(eventWait.wait(-1), 1);
    assert.deepEqual(script.taken(), [-1]);
    const off = script.waitFor(0);
    for (let i = 0; i < 3; i++) off.wait(7);
    assert.deepEqual(script.taken(), [7, 7, 7]);
  });

  it('looks for so long once something has happened, and takes what it finds', () => {
    const script = new Script();
    const eventWait = script.waitFor();
    eventWait.wait(-1);
    script.taken();
    script.found = [0, 0, 5];
    assert.equal(eventWait.wait(-1), 5);
    assert.deepEqual(script.taken(), [0, 0, 0]);
    assert.equal(eventWait.wait(-1), 1);
    assert.deepEqual(script.taken(), [...new Array(LOOKS).fill(0), -1]);
  });

  it('leaves out more and more turns when it looks in vain, and none once it has found something', () => {
    const script = new Script();
    const eventWait = script.waitFor();
    eventWait.wait(-1);
    const lookedAt: number[] = [];
    for (let turn = 0; turn < 600; turn++) {
      script.taken();
      eventWait.wait(-1);
      if (script.waits.length > 1) lookedAt.push(turn);
    }
    const pauses = lookedAt.slice(1).map((turn, i) => turn - lookedAt[i]);
    assert.deepEqual(pauses.slice(0, 6), [2, 4, 8, 16, 32, 64]);
    script.found = [3];
    while (script.found.length > 0) eventWait.wait(-1);
    script.taken();
    eventWait.wait(-1);
    assert.ok(script.taken().length > 1);
  });

  it('does not keep a turn waiting that is not to wait, and passes errors on', () => {
    const script = new Script();
    const eventWait = script.waitFor();
    eventWait.wait(-1);
    script.taken();
    script.found = [2];
    assert.equal(eventWait.wait(0), 2);
    assert.deepEqual(script.taken(), [0]);
    script.found = [-4];
    assert.equal(eventWait.wait(-1), -4);
  });
});
