import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ObjectEnd } from '../../../src/protocols/json/object-end.js';
import { ABSENT, ARRAY, OBJECT } from '../../../src/protocols/json/token.js';
import { runs } from '../../support/runs.js';

function find(text: string): [members: string | undefined, reaching: number] {
  const end = new ObjectEnd();
  const bytes = Buffer.from(text);
  const isFound = end.find(bytes, 0, bytes.length);
  return [isFound ? bytes.toString('utf8', end.from, end.to) : undefined, end.reaching];
}

describe('the end of an object', () => {
  const ends: [string, string | undefined, number][] = [
    ['x","id":61,"jsonrpc":"2.0"}\n', '"id":61,"jsonrpc":"2.0"}', ABSENT],
    ['],"id":1,"jsonrpc":"2.0"}', '"id":1,"jsonrpc":"2.0"}', ARRAY],
    [
      '}]},"result":"0x1","id":3,"meta":{"a":[1,"}"]}}',
      '"result":"0x1","id":3,"meta":{"a":[1,"}"]}}',
      OBJECT,
    ],
    ['1 , "id" :\t5 , "error" : null } \r\n\0', '"id" :\t5 , "error" : null }', ABSENT],
    ['",\n  "id": "a\\"b\\\\"\n}', '"id": "a\\"b\\\\"\n}', ABSENT],
    [
      'null,"e\\u0072ror":{"code":-32000},"n":-1.5e+3,"b":true}',
      '"e\\u0072ror":{"code":-32000},"n":-1.5e+3,"b":true}',
      ABSENT,
    ],
    // The first byte may be escaped by one that is missing, or belong to something longer.
    ['"id":5}', '', ABSENT],
    ['\\"id":5}', '', ABSENT],
    ['5}', '', ABSENT],
    ['id":"x"}', '', ABSENT],
    ['\\\\",\\"id\\":\\"x"}', '', ABSENT],
    ['"],"id":[1}]}', '', ARRAY],
    // What is inside another value is no member.
    [',"id":5}}', '', OBJECT],
    [',"id":5}]}', '', ARRAY],
    ['"a,\\"id\\":5"}}', '', OBJECT],
    ['}', '', ABSENT],
    // No object ends so.
    ['"id":5}]', undefined, ABSENT],
    ['{"id":5}', undefined, ABSENT],
    ['x,"id":}', undefined, ABSENT],
    ['x,"id" 5}', undefined, ABSENT],
    ['x,id:5}', undefined, ABSENT],
    ['x "id":5}', undefined, ABSENT],
    [',"id":5', undefined, ABSENT],
    ['\r\n', undefined, ABSENT],
    ['', undefined, ABSENT],
  ];
  for (const [text, members, reaching] of ends) {
    it(`is read in ${JSON.stringify(text)}`, () => assert.deepEqual(find(text), [members, reaching]));
  }

  it('shows all members that stand whole behind a byte, whatever they are, and nothing else', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom('\\', '"', '\\"', '","id":5}', '}', '{"a":"', ',', ':', '\u2028'),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        text,
        fc.constantFrom(0, -1.5e30, 12, true, false, null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(text, tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    const members = fc.array(fc.tuple(text, value), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(members, fc.constantFrom('', ' ', '\n\t'), (all, blank) => {
        const written = all.map(
          ([key, one]) =>
            `${JSON.stringify(key)}${blank}:${blank}${JSON.stringify(one, null, blank === '' ? 0 : 1)}`,
        );
        const bytes = Buffer.from(`{${blank}${written.join(`${blank},${blank}`)}${blank}}${blank}`);
        const starts = startsOf(written, blank);
        const end = new ObjectEnd();
        for (let from = 1; from < bytes.length - blank.length; from++) {
          const first = starts.find((start) => start > from) ?? bytes.length - blank.length;
          assert.equal(end.find(bytes, from, bytes.length), true, `${bytes} from ${from}`);
          // A brace at the very end is an end without members.
          const found = end.from === end.to ? bytes.length - blank.length : end.from;
          assert.equal(found, first, `${bytes} from ${from}`);
        }
      }),
      { numRuns: runs(300) },
    );
  });
});

/** Where members begin in an object that is written with them. */
function startsOf(written: readonly string[], blank: string): number[] {
  let at = 1 + blank.length;
  return written.map((member) => {
    const start = at;
    at += Buffer.byteLength(member) + 1 + 2 * blank.length;
    return start;
  });
}
