import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Best } from '../../../src/service/usage/best.js';

describe('Best', () => {
  it('has what sorting all would put first', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50)), fc.integer({ min: 1, max: 10 }), (numbers, limit) => {
        const best = new Best<number>(limit, (a, b) => a - b);
        for (const number of numbers) best.add(number);
        assert.deepEqual(best.items(), numbers.toSorted((a, b) => a - b).slice(0, limit));
      }),
    );
  });
});
