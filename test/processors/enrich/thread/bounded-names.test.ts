import assert from 'node:assert/strict';
import { BoundedNames } from '../../../../src/processors/enrich/thread/bounded-names.js';
import { OTHER } from '../../../../src/protocols/conventions.js';

describe('BoundedNames', () => {
  it('shows the first names as they come, and keeps showing them', () => {
    const names = new BoundedNames([], 2);
    assert.deepEqual(
      ['a', 'b', 'c', 'a', 'b', 'd'].map((name) => names.of(name)),
      ['a', 'b', OTHER, 'a', 'b', OTHER],
    );
  });

  it('always shows known names, which take no room', () => {
    const names = new BoundedNames(['known', 'too'], 1);
    assert.deepEqual(
      ['a', 'b', 'too', 'known'].map((name) => names.of(name)),
      ['a', OTHER, 'too', 'known'],
    );
  });

  it('shows none but the known where there is no room at all', () => {
    const names = new BoundedNames(['known'], 0);
    assert.equal(names.of('known'), 'known');
    assert.equal(names.of('a'), OTHER);
  });

  it('shows what is printable only, and nothing as an empty text', () => {
    const names = new BoundedNames(['tab\t'], 1);
    assert.equal(names.of('tab\t'), 'tab\\u{9}');
    assert.equal(names.of(''), OTHER);
    assert.equal(names.of('\x1b[31m'), '\\u{1b}[31m');
  });

  it('takes names that objects have for names like any other', () => {
    const names = new BoundedNames([], 3);
    for (const name of ['__proto__', 'constructor', 'toString']) assert.equal(names.of(name), name);
    assert.equal(names.of('valueOf'), OTHER);
  });
});
