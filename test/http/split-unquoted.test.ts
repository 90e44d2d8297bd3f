import assert from 'node:assert/strict';
import { splitUnquoted } from '../../src/http/split-unquoted.js';

const CASES: readonly (readonly [text: string, parts: readonly string[]])[] = [
  ['', ['']],
  [',', ['', '']],
  ['a, b;c ,d', ['a', ' b;c ', 'd']],
  ['a="b,c",d', ['a="b,c"', 'd']],
  ['a="b\\",c",d', ['a="b\\",c"', 'd']],
  ['a="b\\\\",d', ['a="b\\\\"', 'd']],
  ['a="b,c', ['a="b,c']],
];

describe('splitUnquoted', () => {
  for (const [text, parts] of CASES) {
    it(`divides ${JSON.stringify(text)}`, () => assert.deepEqual(splitUnquoted(text, ',', 9), parts));
  }

  it('gives up after as many parts as are wanted', () => {
    assert.deepEqual(splitUnquoted('a;b;c;d', ';', 2), ['a', 'b']);
  });
});
