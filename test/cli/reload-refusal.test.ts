import assert from 'node:assert/strict';
import { cutLines, reloadRefusal } from '../../src/cli/reload-refusal.js';

describe('why a configuration could not be loaded', () => {
  it('is told in the words of the error', () => {
    const { status, message } = reloadRefusal(new Error('a.yaml:1: no\nb.yaml:2: no'));
    assert.deepEqual([status, message], [422, 'a.yaml:1: no\nb.yaml:2: no']);
  });

  it('is cut between lines, and says how many are missing', () => {
    assert.equal(cutLines('one\ntwo\nthree\nfour', 8), 'one\ntwo\nand 2 more, which the log has');
    assert.equal(cutLines('one\ntwo', 7), 'one\ntwo');
    assert.equal(cutLines('a long line', 6), 'a long…');
  });
});
