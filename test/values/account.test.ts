import assert from 'node:assert/strict';
import { parseAccount } from '../../src/values/account.js';

describe('parseAccount', () => {
  it('reads a name, or an id as a number or in digits', () => {
    for (const [input, value] of [
      ['wheel', 'wheel'],
      ['0', 0],
      [1000, 1000],
      ['4294967294', 4_294_967_294],
    ] as const) {
      assert.deepEqual(parseAccount(input, 'is refused'), { ok: true, value });
    }
  });

  it('refuses anything else in the words it is given', () => {
    for (const input of ['', 'a b', 'a:b', 'a/b', 'a\n', -1, 1.5, 4_294_967_295, '99999999999', null, []]) {
      assert.deepEqual(
        parseAccount(input, 'is refused'),
        { ok: false, refusal: 'is refused' },
        String(input),
      );
    }
  });
});
