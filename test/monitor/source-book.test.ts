import assert from 'node:assert/strict';
import { SourceBook } from '../../src/monitor/source-book.js';
import { HEAD, HEADER_WORDS, TAIL } from '../../src/processors/capture/ring/layout.js';

describe('SourceBook', () => {
  const newBook = () => {
    const words = new Float64Array(HEADER_WORDS);
    return { words, book: new SourceBook(words) };
  };
  const SOURCE = { containerId: 'c1', socketPath: '/run/a.sock' };

  it('forgets a source that ends without records at once', () => {
    const { book } = newBook();
    book.end(book.add(SOURCE), false);
    assert.equal(book.size, 0);
  });

  it('keeps an ended source as long as the ring may contain records of it', () => {
    const { words, book } = newBook();
    const number = book.add(SOURCE);
    words[HEAD] = 5;
    book.end(number, true);
    words[HEAD] = 9;
    words[TAIL] = 4;
    const other = book.add({ ...SOURCE, containerId: 'c2' });
    assert.deepEqual(book.get(number), SOURCE);
    words[TAIL] = 5;
    book.end(other, false);
    assert.equal(book.get(number), undefined);
    assert.equal(book.size, 0);
  });

  it('only holds live sources and those of records in the ring, through churn', () => {
    const { words, book } = newBook();
    for (let i = 0; i < 1000; i++) {
      const number = book.add(SOURCE);
      words[HEAD]++;
      words[TAIL] = Math.max(0, words[HEAD] - 8);
      book.end(number, true);
      assert.ok(book.size <= 8, String(book.size));
    }
  });
});
