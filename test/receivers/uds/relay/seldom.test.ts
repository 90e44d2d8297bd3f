import assert from 'node:assert/strict';
import { Seldom } from '../../../../src/receivers/uds/relay/seldom.js';

describe('Seldom', () => {
  it('allows each the same once in a while', () => {
    const seldom = new Seldom(100);
    const times = [0, 1, 99, 100, 150, 200];
    assert.deepEqual(
      times.map((ms) => seldom.allows('a', ms)),
      [true, false, false, true, false, true],
    );
    assert.equal(seldom.allows('b', 200), true);
  });

  it('is not made to say more, or to remember more, by ever new ones', () => {
    const seldom = new Seldom(100);
    const said = Array.from({ length: 100_000 }, (_, i) => seldom.allows(String(i), i / 1000));
    assert.equal(said.filter((isSaid) => isSaid).length, 256);
    assert.equal(seldom.allows('later', 300), true);
  });
});
