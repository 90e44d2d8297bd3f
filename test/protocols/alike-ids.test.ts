import assert from 'node:assert/strict';
import { idOfOtherType, sameWhenRounded } from '../../src/protocols/alike-ids.js';

describe('ids that mean the same call', () => {
  it('are the number and the text of it', () => {
    assert.equal(idOfOtherType('4294967296'), '"4294967296');
    assert.equal(idOfOtherType('"4294967296'), '4294967296');
    assert.equal(idOfOtherType('"a'), undefined);
  });

  it('are numbers that a double makes the same', () => {
    const ids = ['1', '"9007199254740993', '9007199254740995', '9007199254740993'];
    assert.equal(sameWhenRounded('9007199254740992', ids), '9007199254740993');
    for (const exact of ['1', '9007199254740991']) assert.equal(sameWhenRounded(exact, [exact]), undefined);
  });

  it('are looked for among few, since any number of answers may name no call of thousands', () => {
    let compared = 0;
    function* many() {
      for (; compared < 16_384; compared++) yield String(9007199254740993n + 2n * BigInt(compared));
    }
    assert.equal(sameWhenRounded('99007199254740993', many()), undefined);
    assert.ok(compared < 100);
  });
});
