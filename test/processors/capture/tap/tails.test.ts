import assert from 'node:assert/strict';
import { HELD_BYTES_MAX } from '../../../../src/processors/capture/held-tails.js';
import { HAS_TAIL, TRUNCATED } from '../../../../src/processors/capture/ring/record.js';
import { SKIP } from '../../../../src/processors/capture/strategies/strategy.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { picture } from './picture.js';
import { limitOf, type Options, Tapped } from './tapped.js';
import { transcribe } from './transcript.js';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('Tap, with the end of a cut message in several operations', () => {
  let tapped: Tapped;

  beforeEach(() => {
    tapped = withTail(8);
  });

  it('keeps what came before a line feed that is written by itself', () => {
    tapped.send('{}\n');
    assert.deepEqual(picture(tapped.send('{"a":"0123456789","id":1}')), ['{"a":+12']);
    const [record] = tapped.send('\n');
    assert.deepEqual(picture([record]), ['+1"id":1}\n|']);
    assert.equal(record.flags & HAS_TAIL, HAS_TAIL);
    assert.deepEqual([record.size, record.captured], [1, 8]);
  });

  it('keeps what came before the last chunk, which Node writes by itself', () => {
    tapped.show(RECV, CHUNKED);
    assert.deepEqual(picture(tapped.show(RECV, '19\r\n{"a":"0123456789","id":1}\r\n')), ['19\r\n{+18']);
    assert.deepEqual(picture(tapped.show(RECV, '0\r\n\r\n')), ['+5}\r\n0\r\n\r\n|']);
  });

  it('makes no record of the operations inside of a message', () => {
    tapped.send('{"a":"');
    for (let i = 0; i < 100; i++) assert.deepEqual(tapped.send('x'), []);
    assert.deepEqual(picture(tapped.send('"}')), ['+95xxxxxx"}|']);
  });

  it('holds what is shorter than the tail altogether', () => {
    const [head] = tapped.send('{"abc":1');
    assert.deepEqual(picture([head]), ['{"abc']);
    assert.equal(head.flags & TRUNCATED, TRUNCATED, 'bytes of the operation are missing');
    assert.deepEqual(picture(tapped.send('}')), ['":1}|']);
  });

  it('keeps the messages behind the end in the same record', () => {
    tapped.send('{"a":"0123456789"');
    assert.deepEqual(picture(tapped.send(',"b":1}{}{"c":"0123')), ['+7","b":1}|{}{"c":']);
    assert.deepEqual(picture(tapped.send('"}')), ['"0123"}|']);
  });

  it('tells blanks that were skipped in front of a message from its tail', () => {
    tapped.send('{"a":1}');
    tapped.send(' '.repeat(20));
    assert.deepEqual(picture(tapped.send('{"b":"0123456789"')), ['+8|{"b":+4']);
    assert.deepEqual(picture(tapped.send('}')), ['+1456789"}|']);
    transcribe(tapped, SEND, Buffer.from(`{"a":1}${' '.repeat(20)}{"b":"0123456789"}`));
  });

  it('holds nothing of what is left out', () => {
    const strategy = { keep: () => SKIP, takesConnection: () => true, weight: () => 1 };
    const sampled = withTail(8, { strategy });
    sampled.send('{"a":"0123456789');
    assert.equal(sampled.state.held.count(sampled.connection * 2 + SEND), 0);
  });

  it('forgets what it holds when bytes are missing behind it', () => {
    tapped.send('{}\n');
    tapped.send('{"a":"0123456789"');
    tapped.state.interrupt(tapped.connection);
    const [record] = tapped.send('rest"}\n{}\n');
    assert.doesNotMatch(picture([record])[0], /9/);
  });

  it('keeps the tails of both directions apart', () => {
    tapped.send('{"a":"0123456789"');
    tapped.show(RECV, '{"b":"abcdefghij"');
    assert.match(picture(tapped.send('}'))[0], /456789"}\|$/);
    assert.match(picture(tapped.show(RECV, '}'))[0], /efghij"}\|$/);
  });

  it('holds no more than decoders look at', () => {
    const long = withTail(3 * HELD_BYTES_MAX);
    long.send(`{"a":"${'x'.repeat(5000)}`);
    const [record] = long.send('"}');
    assert.equal(record.captured, HELD_BYTES_MAX + 2);
  });
});

function withTail(tailBytes: number, options: Options = limitOf(5)): Tapped {
  return new Tapped({ ...options, tailBytes });
}
