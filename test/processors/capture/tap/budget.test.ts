import assert from 'node:assert/strict';
import { DROPPED_BY_BUDGET } from '../../../../src/processors/capture/drops.js';
import { FramingBudget } from '../../../../src/processors/capture/framing-budget.js';
import { CROWDED } from '../../../../src/processors/capture/ring/record.js';
import { SEND } from '../../../../src/protocols/direction.js';
import { picture } from './picture.js';
import { limitOf, OPERATION_BYTES, Tapped } from './tapped.js';

/** More ms than a client may have at once. */
const BURST_MS = 4;

const POST = 'POST / HTTP/1.1\r\n';

/** What is dear to find messages in: how a stream begins, and how it goes on. */
const DEAR: Readonly<Record<string, [head: string, body: string]>> = {
  'short texts': ['', '{}'],
  'short lines': ['{}\n', '{}\n'],
  'texts of many brackets': ['', `{"a":[${'[],'.repeat(3000)}1]}`],
  'texts of many strings': ['', `{"a":[${'"",'.repeat(3000)}1]}`],
  'a string of escapes': ['{"', '\\"'],
  'header blocks': ['', 'GET / HTTP/1.1\r\n\r\n'],
  'headers without an end': [POST, 'a:b\r\n'],
  'chunks of one byte': [`${POST}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
  'chunks with long extensions': [
    `${POST}Transfer-Encoding: chunked\r\n\r\n`,
    `1;${'x'.repeat(100)}\r\nx\r\n`,
  ],
  'blanks between lines': ['{}\n{}\n', ' '],
};

describe('Tap with a budget', () => {
  let nowMs: number;
  let tapped: Tapped;

  beforeEach(() => {
    nowMs = 1000;
    tapped = new Tapped({ ...limitOf(512), budget: new FramingBudget(() => nowMs), ringBytes: 2 ** 22 });
  });

  function exhaust(): void {
    const texts = '{"a":1}'.repeat(8000);
    while (tapped.dropped[DROPPED_BY_BUDGET] === 0) tapped.send(texts);
  }

  for (const [what, [head, body]] of Object.entries(DEAR)) {
    it(`bounds what ${what} take`, () => {
      const operation = Buffer.from(body.repeat(Math.floor(OPERATION_BYTES / body.length)));
      if (head !== '') tapped.send(head);
      const before = tapped.state.meter.steps;
      for (let i = 0; i < 200; i++) tapped.send(operation);
      const steps = tapped.state.meter.steps - before;
      assert.ok(steps < BURST_MS * 1e6, `${steps} steps`);
    });
  }

  it('goes on behind a gap when there is time again, with the next message', () => {
    exhaust();
    assert.deepEqual(tapped.send('{"lost":1}'), []);
    assert.equal(tapped.dropped[DROPPED_BY_BUDGET], 2);
    const { ordinal } = tapped.records.at(-1) ?? assert.fail('nothing was recorded before');
    nowMs += 100;
    const [record] = tapped.send('{"found":1}');
    assert.deepEqual(picture([record]), ['{"found":1}']);
    assert.equal(record.ordinal, ordinal + 3, 'a gap for each operation that was cut');
  });

  it('says of an operation that its rest is missing', () => {
    exhaust();
    assert.notEqual((tapped.records.at(-1)?.flags ?? 0) & CROWDED, 0);
  });

  it('takes what goes on in a message that was given up for none', () => {
    tapped.send('{"a":1}{"b":1}');
    exhaust();
    tapped.send('{"cut":"');
    nowMs += 100;
    assert.deepEqual(
      picture(tapped.send('inside"}')),
      ['inside"}'],
      'it is there, and nobody knows what it is',
    );
    assert.deepEqual(picture(tapped.send('{"c":1}{"d":1}')), ['{"c":1}{"d":1}']);
  });

  it('keeps lines that take no looking at', () => {
    const lines = new Tapped({ ...limitOf(512), budget: tapped.state.budget });
    lines.send('{"a":1}\n');
    exhaust();
    assert.deepEqual(picture(lines.send('{"b":1}\n')), ['{"b":1}\n']);
  });

  it('asks about a long message with its whole length, and cuts it in one place', () => {
    const asked: number[] = [];
    const keep = (bytes: number) => {
      asked.push(bytes);
      return 8;
    };
    const long = `{"a":"${'x'.repeat(100_000)}"}`;
    const plain = new Tapped({ strategy: { keep, takesConnection: () => true, weight: () => 1 } });
    assert.deepEqual(picture(plain.show(SEND, `{}${long}[ ]`)), [`{}{"a":"xx+${long.length - 8}|[ ]`]);
    assert.deepEqual(asked, [2, long.length, 3]);
  });
});
