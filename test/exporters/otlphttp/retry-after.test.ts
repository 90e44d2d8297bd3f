import assert from 'node:assert/strict';
import { parseRetryAfter } from '../../../src/exporters/otlphttp/retry-after.js';

describe('parseRetryAfter', () => {
  const nowMs = Date.parse('Mon, 23 Nov 2026 12:00:00 GMT');

  it('reads seconds', () => {
    assert.equal(parseRetryAfter('1', nowMs), 1000);
    assert.equal(parseRetryAfter('120', nowMs), 120_000);
  });

  it('reads a date', () => {
    assert.equal(parseRetryAfter('Mon, 23 Nov 2026 12:00:30 GMT', nowMs), 30_000);
  });

  for (const header of [undefined, '', '0', 'soon', '-1', 'Mon, 23 Nov 2026 11:59:59 GMT']) {
    it(`finds no wait in ${header}`, () => {
      assert.equal(parseRetryAfter(header, nowMs), undefined);
    });
  }
});
