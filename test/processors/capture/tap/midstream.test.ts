import assert from 'node:assert/strict';
import { FIRST, HAS_HEAD, TRUNCATED } from '../../../../src/processors/capture/ring/record.js';
import { picture } from './picture.js';
import { limitOf, Tapped } from './tapped.js';

describe('Tap, in the middle of a connection', () => {
  it('leaves a gap between what it saw before and after an interruption', () => {
    const tapped = new Tapped(limitOf(100));
    tapped.send('{"a":1}\n{"b":');
    tapped.state.interrupt(tapped.connection);
    tapped.send('2}\n');
    tapped.send('{"c":1}\n');
    assert.deepEqual(
      tapped.records.map(({ ordinal, flags }) => [ordinal, flags & FIRST]),
      [
        [0, FIRST],
        [2, 0],
        [3, 0],
      ],
    );
  });

  it('finds the messages again after an interruption', () => {
    const tapped = new Tapped(limitOf(4));
    tapped.send('Content-Length: 30\r\n\r\n{"a":"');
    tapped.state.interrupt(tapped.connection);
    tapped.send('0123456789012345678901"}');
    const block = 'Content-Length: 9\r\n\r\n';
    assert.deepEqual(picture(tapped.send(`${block}{"bcd":1}`)), [`${block}{"bc+5|`]);
  });

  it('has no first record when it begins later than the connection', () => {
    const tapped = new Tapped(limitOf(4));
    tapped.state.beginLate(tapped.connection);
    tapped.send('rest"}');
    const [record] = tapped.send('{"abc":1}\n');
    assert.deepEqual(picture([record]), ['{"ab+6|']);
    assert.deepEqual(
      tapped.records.map(({ ordinal, flags }) => [ordinal, flags & FIRST]),
      [
        [1, 0],
        [2, 0],
      ],
    );
  });

  it('begins anew with another connection in the same slot', () => {
    const tapped = new Tapped(limitOf(4));
    tapped.send('{"abc":"');
    tapped.state.begin(tapped.connection);
    const [record] = tapped.send('{"a":1}');
    assert.deepEqual(picture([record]), ['{"a"+3|']);
    assert.deepEqual([record.ordinal, record.flags], [0, FIRST | HAS_HEAD | TRUNCATED]);
  });
});
