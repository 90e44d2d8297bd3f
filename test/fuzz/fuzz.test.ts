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

  it('makes a failing script small', () => {
    const steps: Step[] = [{ lose: true }, { data: 'abcdefg', direction: 0 }, { data: 'x', direction: 1 }];
    const fails = (script: readonly Step[]) =>
      script.some((step) => 'data' in step && step.data.includes('e'));
    assert.deepEqual(shrink(steps, fails), [{ data: 'e', direction: 0 }]);
  });

  it('notices what takes too long', () => {
    const { now } = performance;
    let calls = 0;
    performance.now = () => ++calls * 1e6;
    try {
      assert.throws(() => check([{ data: '{}', direction: 0 }]), /took more than 500 ms/);
    } finally {
      performance.now = now;
    }
  });
});
