import assert from 'node:assert/strict';
import {
  formatAge,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatShare,
  shown,
  shownLines,
} from '../../../../src/extensions/dashboard/page/model/format.js';

describe('numbers on the dashboard', () => {
  it('are as short as they can be without being wrong', () => {
    for (const [text, expected] of [
      [formatBytes(undefined), '–'],
      [formatBytes(0), '0 B'],
      [formatBytes(1023), '1023 B'],
      [formatBytes(1023.9), '1.00 KiB'],
      [formatBytes(1536), '1.50 KiB'],
      [formatBytes(1024 ** 2 * 123.4), '123 MiB'],
      [formatCount(12_345), '12,345'],
      [formatCount(1_234_567), '1.23M'],
      [formatRate(0), '0'],
      [formatRate(0.001), '<0.01'],
      [formatRate(12.34), '12.3'],
      [formatRate(12_345), '12.3K'],
      [formatShare(0, 0), '–'],
      [formatShare(0, 10), '0%'],
      [formatShare(1, 10_000), '<0.1%'],
      [formatShare(1, 3), '33%'],
      [formatMs(0.016), '16 µs'],
      [formatMs(0.999), '1.00 ms'],
      [formatMs(999.6), '1.00 s'],
      [formatMs(61_000), '1 min 1 s'],
      [formatAge(90_061_000), '25 h 1 min'],
      [formatAge(200_000_000), '2 d 7 h'],
    ])
      assert.equal(text, expected);
  });
});

describe('text of a container on the dashboard', () => {
  it('cannot reorder, hide or push away the text around it', () => {
    assert.equal(shown('a\u202eb\u0000c\nd\u200be'), 'a\ufffdb\ufffdc\ufffdd\ufffde');
    assert.equal(shown('<img onerror=alert(1)>'), '<img onerror=alert(1)>');
    assert.equal(shownLines('a\n\u001b[2J\nb'), 'a\n\ufffd[2J\nb');
    assert.equal(shown('x'.repeat(10_000)).length, 201);
  });
});
