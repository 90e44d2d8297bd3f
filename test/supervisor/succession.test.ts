import assert from 'node:assert/strict';
import { AgentProcess } from '../../src/supervisor/agent-process.js';
import { Succession } from '../../src/supervisor/succession.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';

/** An agent that says nothing, and one that says without end what is not asked for. */
const SILENT = ['sleep', '100'] as const;
const LOUD = [
  process.execPath,
  '-e',
  // Descriptor 3 leads to the supervisor; a pause where its queue is full.
  'for (;;) try { require("fs").writeSync(3, "STATUS=x") } catch { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1) }',
] as const;

describe('the succession of agents', () => {
  const cleanup = useCleanup();

  // The signal by which they make themselves heard would end this process, also when the last of them ends.
  const readers: AgentProcess[] = [];
  const read = () => {
    for (const agent of readers) agent.read();
  };
  before(() => void process.on('SIGIO', read));

  function started(command: readonly [string, ...string[]]): AgentProcess {
    const agent = new AgentProcess(command);
    cleanup.defer(() => agent.signal('SIGKILL'));
    return agent;
  }

  it('ends one that does not take over in time, and lets another one be started', async () => {
    const said: string[] = [];
    let ended = 0;
    const current = started(SILENT);
    const told: string[] = [];
    current.tell = (text) => void told.push(text);
    const succession: Succession = new Succession({
      command: SILENT,
      startMs: 50,
      say: (message) => said.push(message),
      start: (agent) => {
        agent.listen({ message: () => {}, ended: (end) => succession.handleEnd(agent, end, current) });
        agent.start(new Map());
      },
      succeed: () => assert.fail('it has not taken over'),
      ended: () => ended++,
    });
    for (const times of [1, 2]) {
      succession.begin(current);
      assert.ok(succession.isStarting);
      succession.begin(current);
      await eventually('it is ended', () => ended === times);
      assert.ok(!succession.isStarting);
      assert.equal(told.length, times);
      assert.match(told[times - 1] ?? '', /^UPGRADE_FAILED=.*SIGKILL: it had not taken over in time$/);
    }
    assert.match(said[0] ?? '', /an upgrade is going on: pid \d+ is starting/);
  });

  it('is told of everything by an agent that floods it, and does its other work meanwhile', async () => {
    const loud = started(LOUD);
    let messages = 0;
    loud.listen({ message: () => messages++, ended: () => {} });
    readers.push(loud);
    await eventually('it is loud', () => messages > 20_000);
    let longestMs = 0;
    let lastMs = performance.now();
    for (let turns = 0; turns < 200; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }
    assert.ok(longestMs < 500, `${longestMs} ms in one turn`);
  });
});
