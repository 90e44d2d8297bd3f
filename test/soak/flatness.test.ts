import assert from 'node:assert/strict';
import { judge } from './flatness.js';

describe('what a soak takes for flat', () => {
  const course = (values: readonly number[]) => ({ name: 'x', values, least: 10, part: 0.1, warmUp: 1 / 3 });
  const samples = (count: number, value: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => value(i));

  it('is what grows in the warm-up only', () => {
    assert.ok(judge(course(samples(60, (i) => Math.min(i, 20) * 100))).isFlat);
  });

  it('is what jumps up and down', () => {
    assert.ok(judge(course(samples(60, (i) => 1000 + (i % 7) * 100))).isFlat);
  });

  it('is what shrinks', () => {
    assert.ok(judge(course(samples(60, (i) => 1000 - i))).isFlat);
  });

  it('is not what grows all the time, even while it jumps', () => {
    const { isFlat, growth, allowed } = judge(course(samples(60, (i) => 1000 + i * 10 + (i % 7) * 30)));
    assert.equal(isFlat, false);
    assert.ok(growth > 300 && growth > allowed, String(growth));
  });

  it('is not a step that stays', () => {
    assert.equal(judge(course(samples(60, (i) => (i < 40 ? 100 : 200)))).isFlat, false);
  });
});
