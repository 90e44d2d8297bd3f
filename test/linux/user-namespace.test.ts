import assert from 'node:assert/strict';
import { IdMap } from '../../src/linux/user-namespace.js';

const OVERFLOW = 65_534;
const INITIAL = '         0          0 4294967295';
const ROOTLESS = '0 1000 1\n1 100000 65536';

describe('IdMap', () => {
  it('knows every id of the initial user namespace, including 65534', () => {
    const map = new IdMap(INITIAL, '65534');
    assert.equal(map.isNobody(OVERFLOW), false);
    assert.equal(map.isNobody(0), false);
  });

  it('treats the overflow id as unmapped in any other namespace', () => {
    const map = new IdMap(ROOTLESS, '65534');
    assert.equal(map.isNobody(OVERFLOW), true);
    assert.equal(map.isNobody(1000), false);
    assert.equal(new IdMap('0 0 4294967294', '65534').isNobody(OVERFLOW), true);
  });

  it('counts several ranges together', () => {
    assert.equal(new IdMap('0 5 1000\n1000 2000 4294966295', '65534').isNobody(OVERFLOW), false);
  });

  it('uses the configured overflow id, or 65534 if that is unknown', () => {
    assert.equal(new IdMap(ROOTLESS, '99').isNobody(99), true);
    assert.equal(new IdMap(ROOTLESS, '99').isNobody(OVERFLOW), false);
    assert.equal(new IdMap('', '').isNobody(OVERFLOW), true);
  });

  it('finds another mapped id', () => {
    assert.equal(new IdMap(INITIAL, '').other(0), 2 ** 32 - 2);
    assert.equal(new IdMap(ROOTLESS, '').other(0), 1);
    assert.equal(new IdMap(ROOTLESS, '').other(1000), 0);
    assert.equal(new IdMap('0 1000 1', '').other(0), undefined);
    assert.equal(new IdMap('', '').other(0), undefined);
  });

  it('reads the map of this process', () => {
    assert.equal(IdMap.ofUsers().isNobody(0), false);
    assert.equal(IdMap.ofGroups().isNobody(0), false);
  });
});
