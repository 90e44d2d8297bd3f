import assert from 'node:assert/strict';
import { quantileText, since, sumOf } from '../../../../src/extensions/dashboard/page/model/durations.js';
import { type Counted, RateWindow } from '../../../../src/extensions/dashboard/page/model/window.js';

const line = (calls: number, counts?: number[], key = 'a'): Counted => ({
  key,
  counts: { calls, errors: 0, sendBytes: 10 * calls, recvBytes: 0 },
  durations: counts && { boundariesMs: [5, 10], counts },
});

describe('rates on the dashboard', () => {
  it('are those of the last minute, or of less where less is known', () => {
    const window = new RateWindow();
    for (let i = 0; i <= 40; i++) window.add(i * 3000, [line(i * 6)], 1);
    const recent = window.of('a');
    assert.deepEqual(recent?.counts, { calls: 120, errors: 0, sendBytes: 1200, recvBytes: 0 });
    assert.equal(recent?.seconds, 60);
    const young = new RateWindow();
    young.add(0, [line(5)], 1);
    assert.equal(young.of('a'), undefined);
    young.add(2000, [line(9)], 1);
    assert.deepEqual([young.of('a')?.counts.calls, young.of('a')?.seconds], [4, 2]);
  });

  it('are known of what has begun, if all was shown before, and not of what began anew', () => {
    const window = new RateWindow();
    window.add(0, [line(5)], 1);
    window.add(1000, [line(3), line(7, undefined, 'new')], 2);
    assert.equal(window.of('a'), undefined);
    assert.equal(window.of('new')?.counts.calls, 7);
    const partial = new RateWindow();
    partial.add(0, [line(5)], 2);
    partial.add(1000, [line(6), line(7, undefined, 'other')], 3);
    assert.equal(partial.of('other'), undefined);
    assert.equal(partial.of('a')?.counts.calls, 1);
  });

  it('begin anew when nobody has looked for long', () => {
    const window = new RateWindow();
    window.add(0, [line(5)], 1);
    window.add(3000, [line(6)], 1);
    window.add(3_600_000, [line(9000)], 1);
    assert.equal(window.of('a'), undefined);
    window.add(3_603_000, [line(9003)], 1);
    assert.deepEqual([window.of('a')?.counts.calls, window.of('a')?.seconds], [3, 3]);
  });

  it('keep a bounded number of looks', () => {
    const window = new RateWindow();
    for (let i = 0; i < 1000; i++) window.add(i, [line(i)], 1);
    assert.equal(window.of('a')?.counts.calls, 23);
  });
});

describe('durations on the dashboard', () => {
  const buckets = (...counts: number[]) => ({ boundariesMs: [5, 10], counts });

  it('are the differences of histograms with the same buckets', () => {
    assert.deepEqual(since(buckets(1, 2, 3), buckets(2, 2, 9)), buckets(1, 0, 6));
    assert.deepEqual(since(undefined, buckets(1, 2, 3)), buckets(1, 2, 3));
    assert.equal(since(buckets(2, 0, 0), buckets(1, 0, 0)), undefined);
    assert.equal(since({ boundariesMs: [1], counts: [0, 0] }, buckets(1, 0, 0)), undefined);
    assert.deepEqual(sumOf([buckets(1, 2, 3), buckets(1, 1, 1)]), buckets(2, 3, 4));
  });

  it('say where only a bound is known', () => {
    assert.equal(quantileText(undefined, 0.5), '–');
    assert.equal(quantileText(buckets(0, 0, 0), 0.5), '–');
    assert.equal(quantileText(buckets(9, 0, 0), 0.5), '<5 ms');
    assert.equal(quantileText(buckets(0, 9, 0), 0.5), '7.50 ms');
    assert.equal(quantileText(buckets(0, 0, 9), 0.5), '>10 ms');
  });
});
