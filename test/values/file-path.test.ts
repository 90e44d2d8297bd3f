import assert from 'node:assert/strict';
import { cleanPath, isInside } from '../../src/values/file-path.js';

describe('paths of files', () => {
  it('have one spelling, from the root', () => {
    for (const [written, clean] of [
      ['/a/b', '/a/b'],
      ['a//./b/', '/a/b'],
      ['/a/../../b', '/b'],
      ['', '/'],
      ['/', '/'],
    ] as const) {
      assert.equal(cleanPath(written), clean, written);
    }
  });

  it('are inside of a directory when they are that, or below', () => {
    assert.equal(isInside('/a', '/a'), true);
    assert.equal(isInside('/a/b', '/a'), true);
    assert.equal(isInside('/a', '/'), true);
    assert.equal(isInside('/ab', '/a'), false);
    assert.equal(isInside('/a', '/a/b'), false);
  });
});
