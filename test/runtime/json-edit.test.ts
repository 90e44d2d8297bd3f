import assert from 'node:assert/strict';
import fc from 'fast-check';
import { appendMember, applyEdits, insertItem, replaceValue } from '../../src/runtime/json-edit.js';
import { documentSpan, itemsOf, membersOf } from '../../src/runtime/json-text.js';

/** JSON in some formatting, numbers that no double holds among it. */
const json = fc
  .tuple(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(0, 2, '\t'))
  .map(([value, indent]) => JSON.stringify({ big: 'BIG', ...value }, null, indent))
  .map((text) => text.replace('"BIG"', '18446744073709551615'));

describe('JSON edits', () => {
  it('append a member and leave every character before and after', () => {
    fc.assert(
      fc.property(json, fc.string(), fc.jsonValue(), (text, key, value) => {
        const root = documentSpan(text);
        const edited = applyEdits(text, [appendMember(text, root, key, value)]);
        const [last] = membersOf(text, root).slice(-1);
        const end = last?.value.end ?? root.start + 1;
        assert.equal(edited.slice(0, end), text.slice(0, end));
        assert.ok(edited.endsWith(text.slice(end)));
        const members = membersOf(edited, documentSpan(edited));
        assert.equal(members.length, membersOf(text, root).length + 1);
        const added = members.at(-1)!;
        assert.equal(added.key, key);
        assert.deepEqual(
          JSON.parse(edited.slice(added.value.start, added.value.end)),
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  it('replace a value and leave every other character', () => {
    fc.assert(
      fc.property(json, fc.nat(), fc.jsonValue(), (text, pick, value) => {
        const members = membersOf(text, documentSpan(text));
        const { start, end } = members[pick % members.length]!.value;
        const edited = applyEdits(text, [replaceValue({ start, end }, value)]);
        assert.equal(edited, text.slice(0, start) + JSON.stringify(value) + text.slice(end));
      }),
    );
  });

  it('insert an item after any of a list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 2 })),
        fc.nat(),
        fc.constantFrom(0, 2),
        (list, pick, indent) => {
          const text = JSON.stringify(list, null, indent);
          const index = pick % Math.max(1, list.length);
          const edited = applyEdits(text, [insertItem(text, documentSpan(text), index, { new: true })]);
          const expected = JSON.parse(text);
          expected.splice(list.length === 0 ? 0 : index + 1, 0, { new: true });
          assert.deepEqual(JSON.parse(edited), expected);
          assert.equal(itemsOf(edited, documentSpan(edited)).length, list.length + 1);
        },
      ),
    );
  });

  it('write what they add as its neighbours are written', () => {
    const cases: [text: string, edited: string][] = [
      ['{}', '{"k":"v"}'],
      ['{ }', '{"k":"v" }'],
      ['{"a":1}', '{"a":1,"k":"v"}'],
      ['{ "a" : 1 }', '{ "a" : 1, "k" : "v" }'],
      ['{\n\t"a": 1\n}', '{\n\t"a": 1,\n\t"k": "v"\n}'],
    ];
    for (const [text, edited] of cases) {
      assert.equal(applyEdits(text, [appendMember(text, documentSpan(text), 'k', 'v')]), edited);
    }
    const list = '[\n  1,\n  2\n]';
    assert.equal(applyEdits(list, [insertItem(list, documentSpan(list), 0, 3)]), '[\n  1,\n  3,\n  2\n]');
  });

  it('keep their order at one place, and need not be sorted', () => {
    const at = (start: number, end: number, text: string) => ({ start, end, text });
    assert.equal(applyEdits('abcdef', [at(4, 5, 'X'), at(2, 2, '1'), at(2, 2, '2'), at(0, 2, '')]), '12cdXf');
  });
});
