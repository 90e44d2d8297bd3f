import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  documentSpan,
  itemsOf,
  JsonTextError,
  membersOf,
  placeAt,
  valueAt,
} from '../../src/runtime/json-text.js';

describe('JSON text', () => {
  it('is one value, with space around it', () => {
    assert.deepEqual(documentSpan(' \n{"a": [1, 2]}\t\r\n'), { start: 2, end: 15 });
  });

  it('takes what JSON.parse takes, and nothing else', () => {
    const json = fc.json({ maxDepth: 4 });
    const spoilt = fc.tuple(json, fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, inserted]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + inserted + text.slice(place + (at % 3));
    });
    fc.assert(
      fc.property(fc.oneof(json, spoilt, fc.string()), (text) => {
        assert.equal(
          accepts(() => documentSpan(text)),
          accepts(() => JSON.parse(text)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  for (const text of [
    ...[
      '',
      ' ',
      '{',
      '[',
      '"',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":1,',
      '[1',
      '[1,',
      '"\\',
      '-',
      '1.',
      '1e',
      'tru',
    ],
    ...['{"a":1,}', '[1,]', '[,]', '{,}', '{a:1}', "'a'", '01', '+1', '.5', 'NaN', '1 2', '{} x', '\ufeff{}'],
    ...['"\\x"', '"\\u12g4"', '"\n"', '"\u0000"', 'TRUE', '// c\n1', '\u00a01', '[1 2]', '{"a" 1}', '{1:2}'],
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => documentSpan(text), JsonTextError);
    });
  }

  it('refuses what is nested too deep, however long it is', () => {
    assert.doesNotThrow(() => documentSpan('['.repeat(64) + ']'.repeat(64)));
    for (const bomb of ['['.repeat(10_000_000), '{"a":'.repeat(2_000_000), '['.repeat(65) + ']'.repeat(65)]) {
      assert.throws(() => documentSpan(bomb), /is nested more than 64 deep/);
    }
  });

  it('reads strings, numbers and spaces of millions of characters', () => {
    for (const value of [
      `"${'x'.repeat(1e7)}"`,
      '1'.repeat(1e7),
      `[${' '.repeat(1e7)}]`,
      `"${'\\n'.repeat(5e6)}"`,
    ]) {
      assert.deepEqual(documentSpan(value), { start: 0, end: value.length });
    }
  });

  it('finds members and items as JSON.parse has them', () => {
    const spaced = fc.tuple(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(0, 1, '\t'));
    fc.assert(
      fc.property(spaced, ([value, indent]) => {
        const text = JSON.stringify(value, null, indent);
        checkParts(text, documentSpan(text), JSON.parse(text));
      }),
    );
  });

  it('reads keys with escapes, and keeps duplicates', () => {
    const text = '{"\\u006dounts":1, "a\\"b":2,"a\\"b":3}';
    assert.deepEqual(
      membersOf(text, documentSpan(text)).map(({ key, value }) => [key, valueAt(text, value)]),
      [
        ['mounts', 1],
        ['a"b', 2],
        ['a"b', 3],
      ],
    );
  });

  it('says where something is', () => {
    assert.equal(placeAt('{\n  "a": x}', 9), 'line 2, column 8');
    assert.equal(placeAt('', 0), 'line 1, column 1');
  });
});

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    assert.ok(error instanceof JsonTextError || error instanceof SyntaxError);
    return false;
  }
}

function checkParts(text: string, span: { start: number; end: number }, value: unknown): void {
  assert.deepEqual(valueAt(text, span), value);
  if (Array.isArray(value)) {
    const items = itemsOf(text, span);
    assert.equal(items.length, value.length);
    for (const [index, item] of items.entries()) checkParts(text, item, value[index]);
  } else if (typeof value === 'object' && value !== null) {
    const members = membersOf(text, span);
    assert.equal(members.length, Object.keys(value).length);
    for (const { key, keySpan, value: part } of members) {
      assert.equal(valueAt(text, keySpan), key);
      checkParts(text, part, Object.getOwnPropertyDescriptor(value, key)?.value);
    }
  }
}
