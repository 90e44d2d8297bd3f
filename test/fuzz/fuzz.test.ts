import assert from 'node:assert/strict';
import { check } from './check.js';
import { fuzz } from './fuzz.js';
import { shrink } from './shrink.js';
import type { Step } from './traffic.js';

const SCRIPTS = 300;

describe('the fuzz target', () => {
  it('finds nothing in some hundred scripts', () => {
    const { scripts, failure } = fuzz(1, (count) => count === SCRIPTS);
    assert.equal(failure, undefined);
    assert.equal(scripts, SCRIPTS);
  });

  it('finds no more what it has found: bytes between two events that a piece ended in', () => {
    const block = 'HTTP/1.1 200\nContent-Type:text/event-stream\nTransfer-Encoding:chunked\n\n';
    const pieces = [`${block}9\r\ndata: 1\n\n\r\n0`, '\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'];
    check(pieces.map((data) => ({ data, direction: 1 })));
  });

  it('makes a failing script small', () => {
    const steps: Step[] = [{ lose: true }, { data: 'abcdefg', direction: 0 }, { data: 'x', direction: 1 }];
    const fails = (script: readonly Step[]) =>
      script.some((step) => 'data' in step && step.data.includes('e'));
    assert.deepEqual(shrink(steps, fails), [{ data: 'e', direction: 0 }]);
  });

  it('notices what takes too long', () => {
    const { cpuUsage } = process;
    process.cpuUsage = () => ({ user: 1e6, system: 0 });
    try {
      assert.throws(() => check([{ data: '{}', direction: 0 }]), /took more than 500 ms/);
    } finally {
      process.cpuUsage = cpuUsage;
    }
  });
});
