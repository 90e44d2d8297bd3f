import assert from 'node:assert/strict';
import fc from 'fast-check';
import { globMatches, parseGlob } from '../../../../src/extensions/control/events/glob.js';

const matches = (pattern: string, text: string) => globMatches(parseGlob(pattern), text);

describe('globMatches', () => {
  it('agrees with a regular expression', () => {
    const letters = (characters: string[]) =>
      fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
    fc.assert(
      fc.property(letters(['a', 'b', '*']), letters(['a', 'b']), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        assert.equal(matches(pattern, text), expression.test(text));
      }),
    );
  });

  it('takes every other character as it is', () => {
    assert.ok(matches('a.b', 'a.b'));
    assert.ok(!matches('a.b', 'axb'));
    assert.ok(matches('[a]\n*', '[a]\nb'));
    assert.ok(matches('*', ''));
  });

  it('needs the text of both ends twice when they are the same', () => {
    assert.ok(!matches('ab*ab', 'ab'));
    assert.ok(!matches('ab*ba', 'aba'));
    assert.ok(matches('ab*ab', 'abab'));
  });
});
