import assert from 'node:assert/strict';
import { cutToWidth, shortenToWidth, widthOf } from '../../../src/cli/terminal/width.js';

describe('the width of text on a terminal', () => {
  it('is that of what is seen', () => {
    for (const [text, width] of [
      ['', 0],
      ['abc', 3],
      ['容器', 4],
      ['e\u0301', 1],
      ['🐋', 2],
      ['…', 1],
      ['→', 1],
    ] as const) {
      assert.equal(widthOf(text), width, text);
    }
  });

  it('is never exceeded, and no character is cut in two', () => {
    assert.equal(cutToWidth('容器一', 5), '容器');
    assert.equal(cutToWidth('e\u0301e\u0301e\u0301', 2), 'e\u0301e\u0301');
    assert.equal(cutToWidth('🐋🐋', 1), '');
    assert.equal(cutToWidth('abc', 0), '');
  });

  it('leaves the ends of long names, which tell them apart', () => {
    assert.equal(shortenToWidth('payments-7f9c-1', 9), 'paym…9c-1');
    assert.equal(shortenToWidth('容器容器容器', 6), '容…器');
    assert.equal(shortenToWidth('short', 5), 'short');
    for (let width = 1; width < 20; width++) {
      assert.ok(widthOf(shortenToWidth('名称很长的容器-e\u0301🐋-1', width)) <= width);
    }
  });
});
