import assert from 'node:assert/strict';
import { keysIn, keysOfRest } from '../../../src/cli/top/keys.js';

describe('keysIn', () => {
  const keysOf = (text: string) => keysIn(text).keys;

  it('knows keys by what terminals send', () => {
    assert.deepEqual(keysOf('\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[1~\x1b[F'), [
      'up',
      'down',
      'pageup',
      'pagedown',
      'home',
      'end',
    ]);
    assert.deepEqual(keysOf('\r\n\x7f\b\t\x03\x1a\x0c\x15'), [
      'enter',
      'enter',
      'backspace',
      'backspace',
      'tab',
      'ctrl-c',
      'ctrl-z',
      'ctrl-l',
      'ctrl-u',
    ]);
  });

  it('has characters as they are, whole, and leaves out controls and sequences that are no key', () => {
    assert.deepEqual(keysOf('qü🐋'), [{ text: 'q' }, { text: 'ü' }, { text: '🐋' }]);
    assert.deepEqual(keysOf('\x00\x1b[1;5C\x1b[200~a\x1b[<0;1;1M\x9b'), [{ text: 'a' }]);
  });

  it('waits for the rest of a sequence, at every point', () => {
    const sequence = '\x1b[6~';
    for (let at = 1; at < sequence.length; at++) {
      const first = keysIn(sequence.slice(0, at));
      assert.deepEqual(first, { keys: [], rest: sequence.slice(0, at) });
      assert.deepEqual(keysIn(first.rest + sequence.slice(at)), { keys: ['pagedown'], rest: '' });
    }
  });

  it('takes what nothing follows for the escape key, and waits for no sequence without an end', () => {
    assert.deepEqual(keysOfRest(keysIn('\x1b').rest), ['escape']);
    assert.deepEqual(keysOfRest(keysIn('\x1b[').rest), []);
    assert.deepEqual(keysOf('\x1b\x1b[A'), ['escape', 'up']);
    assert.equal(keysIn(`\x1b[${'1'.repeat(100)}`).rest, '');
  });
});
