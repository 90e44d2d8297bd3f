import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readStatusMessage } from '../../../src/exporters/otlphttp/status-message.js';
import { encodeMessage } from '../support/protobuf.js';

describe('readStatusMessage', () => {
  it('finds the message among the other fields', () => {
    const bytes = encodeMessage([
      [1, 300],
      [15, 'details'],
      [2, 'über'],
      [3, 'more'],
    ]);
    assert.equal(readStatusMessage(bytes), 'über');
  });

  it('skips fields of fixed length', () => {
    const fixed = Buffer.from([(4 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8, (5 << 3) | 5, 1, 2, 3, 4]);
    assert.equal(readStatusMessage(Buffer.concat([fixed, encodeMessage([[2, 'x']])])), 'x');
  });

  it('finds none where there is none', () => {
    assert.equal(readStatusMessage(Buffer.alloc(0)), undefined);
    assert.equal(readStatusMessage(encodeMessage([[1, 3]])), undefined);
  });

  it('finds none in what is cut off', () => {
    const bytes = encodeMessage([
      [1, 300],
      [2, 'too old'],
    ]);
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(readStatusMessage(bytes.subarray(0, length)), undefined);
    }
  });

  it('comes to an end with any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const message = readStatusMessage(Buffer.from(bytes));
        assert.ok(message === undefined || message.length <= bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});
