import assert from 'node:assert/strict';
import type { Counted } from '../../../src/cli/top/counted.js';
import { Sampler } from '../../../src/cli/top/sampler.js';
import { counted, durations } from './support.js';

describe('Sampler', () => {
  let sampler: Sampler;
  let atMs: number;

  beforeEach(() => {
    sampler = new Sampler();
    atMs = 0;
  });

  /** A look two seconds after the one before. */
  function next(lines: readonly Counted[], total = lines.length) {
    atMs += 2000;
    return sampler.next({ lines, total, atMs });
  }

  it('has no rates at first, and then those of the interval', () => {
    const [first] = next([counted('a', { calls: 100, sendBytes: 10 })]);
    assert.deepEqual([first?.rates, first?.interval, first?.trend], [undefined, undefined, []]);
    assert.equal(sampler.hasJustBegun, true);
    const [second] = next([counted('a', { calls: 110, errors: 1, sendBytes: 30 })]);
    assert.deepEqual([second?.rates?.calls, second?.rates?.errors, second?.rates?.sendBytes], [5, 0.5, 10]);
    assert.equal(sampler.hasJustBegun, false);
    assert.deepEqual(next([counted('a', { calls: 110, errors: 1, sendBytes: 30 })])[0]?.trend, [5, 0]);
  });

  it('keeps as much of a trend as is shown', () => {
    for (let i = 0; i < 20; i++) next([counted('a', { calls: i * 2 })]);
    assert.deepEqual(next([counted('a', { calls: 100 })])[0]?.trend, [1, 1, 1, 1, 1, 1, 1, 31]);
  });

  it('has all of what has begun in between, if everything was shown before', () => {
    next([counted('a')]);
    assert.equal(next([counted('a'), counted('b', { calls: 8 })])[1]?.rates?.calls, 4);
    next([counted('a')], 7);
    assert.equal(next([counted('a'), counted('c', { calls: 8 })], 7)[1]?.rates, undefined);
  });

  it('has no rates of what counts anew', () => {
    next([counted('a', { calls: 100 })]);
    assert.equal(next([counted('a', { calls: 3 })])[0]?.rates, undefined);
    assert.equal(next([counted('a', { calls: 5 })])[0]?.rates?.calls, 1);
  });

  it('has the durations of the interval, not of all time', () => {
    next([counted('a', {}, { durations: durations([100, 0, 0, 0]) })]);
    const [{ interval } = assert.fail()] = next([counted('a', {}, { durations: durations([100, 4, 0, 1]) })]);
    assert.deepEqual([interval?.count, interval?.sumMs, interval?.counts], [5, 10, [0, 4, 0, 1]]);
  });

  it('has all durations of what had none before, and none where buckets have changed', () => {
    next([counted('a')]);
    assert.deepEqual(next([counted('a', {}, { durations: durations([1, 0, 0, 0]) })])[0]?.interval?.count, 1);
    const other = durations([2, 0], [7]);
    assert.equal(next([counted('a', {}, { durations: other })])[0]?.interval, undefined);
    assert.equal(next([counted('a', {}, { durations: durations([1, 0], [7]) })])[0]?.interval, undefined);
  });
});
