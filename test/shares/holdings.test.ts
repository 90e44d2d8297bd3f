import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Holding, Holdings } from '../../src/shares/holdings.js';
import { mayTake, reserveOf } from '../../src/shares/may-take.js';

describe('Holdings', () => {
  it('finds the largest holder to within a factor of two, after any changes', () => {
    const change = fc.record({ who: fc.nat(7), by: fc.integer({ min: -1000, max: 100_000 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const holders = Array.from({ length: 8 }, () => new Holding());
        const holdings = new Holdings();
        for (const { who, by } of changes) {
          const holder = holders[who];
          holdings.change(holder, Math.max(by, -holder.held));
          const most = Math.max(...holders.map(({ held }) => held));
          const { heaviest } = holdings;
          assert.equal(
            holdings.total,
            holders.reduce((sum, { held }) => sum + held, 0),
          );
          if (most === 0) assert.equal(heaviest, undefined);
          else assert.ok((heaviest?.held ?? 0) * 2 > most);
        }
      }),
    );
  });
});

describe('mayTake', () => {
  const RESERVE = reserveOf(80, 3);

  it('allows each client its limit', () => {
    assert.equal(mayTake(9, 10, 50, RESERVE), true);
    assert.equal(mayTake(10, 10, 50, RESERVE), false);
  });

  it('leaves the reserve to clients that hold few', () => {
    assert.equal(mayTake(3, 10, 11, RESERVE), true);
    assert.equal(mayTake(3, 10, 10, RESERVE), false);
    assert.equal(mayTake(2, 10, 1, RESERVE), true);
    assert.equal(mayTake(2, 10, 0, RESERVE), false);
    assert.equal(mayTake(1, 1, 1, RESERVE), false);
  });
});
