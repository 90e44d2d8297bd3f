import assert from 'node:assert/strict';
import { monotonicMs } from '../../../../src/linux/clock.js';
import {
  DIRECTION_BIT,
  FIRST,
  HAS_HEAD,
  HAS_TAIL,
  LAST,
  TRUNCATED,
} from '../../../../src/processors/capture/ring/record.js';
import { StrategyError } from '../../../../src/processors/capture/strategies/module-strategy.js';
import { SKIP } from '../../../../src/processors/capture/strategies/strategy.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { picture } from './picture.js';
import { EverySecond, FLOW, GENERATION, limitOf, Tapped } from './tapped.js';

describe('Tap', () => {
  it('tells whose record it is, and when it was', () => {
    const tapped = new Tapped({ strategy: new EverySecond(100) }, 3);
    const beforeMs = monotonicMs();
    tapped.send('{"a":1}\n');
    const afterMs = monotonicMs();
    tapped.show(RECV, '[]');
    const [sent, received] = tapped.records;
    const { capture, flow, connection, generation, weight, size, captured } = sent;
    assert.deepEqual(
      { capture, flow, connection, generation, weight, size, captured },
      { capture: GENERATION, flow: FLOW, connection: 3, generation: 9, weight: 2, size: 8, captured: 8 },
    );
    assert.equal(sent.flags, FIRST | HAS_HEAD);
    assert.equal(received, undefined, 'the second one is left out');
    assert.ok(sent.timeMs >= beforeMs && sent.timeMs <= afterMs);
  });

  it('numbers the records of a connection, both directions together', () => {
    const tapped = new Tapped();
    tapped.send('{}');
    tapped.show(RECV, '{}');
    tapped.send('{}');
    assert.deepEqual(
      tapped.records.map(({ ordinal, flags, direction }) => [ordinal, flags, direction]),
      [
        [0, FIRST | HAS_HEAD, SEND],
        [1, DIRECTION_BIT | HAS_HEAD, RECV],
        [2, HAS_HEAD, SEND],
      ],
    );
  });

  it('ends a connection with a record that has no bytes', () => {
    const tapped = new Tapped();
    tapped.send('{}');
    const [last] = tapped.end();
    assert.deepEqual([last.flags, last.ordinal, last.size, last.pieces], [LAST, 1, 0, []]);
  });

  it('has no end for a connection of which nothing was recorded', () => {
    assert.deepEqual(new Tapped().end(), []);
  });

  it('cuts each of several messages in an operation', () => {
    const tapped = new Tapped(limitOf(10));
    assert.deepEqual(picture(tapped.send('{}\n{"abcdefghijk":1}\n[]\n')), ['{}\n{"abcdefgh+8|[]\n']);
    assert.equal(tapped.records[0].flags & TRUNCATED, TRUNCATED);
  });

  it('says that a long message has ended when it does', () => {
    const tapped = new Tapped(limitOf(10));
    assert.deepEqual(picture(tapped.send('{"a":"xxxxxxxx')), ['{"a":"xxxx+4']);
    assert.deepEqual(picture(tapped.send('xxxxx')), [], 'nothing of it is kept');
    assert.deepEqual(picture(tapped.send('xxxxx')), []);
    assert.deepEqual(picture(tapped.send('xx"}')), ['+14|']);
    assert.equal(tapped.records[1].flags & HAS_HEAD, 0);
  });

  it('says that a cut message has ended when one that is left out begins behind it', () => {
    const tapped = new Tapped({ strategy: new EverySecond(5) });
    assert.deepEqual(picture(tapped.send('{"abc":1}{"left":"o')), ['{"abc+4|+10']);
    assert.deepEqual(picture(tapped.send('ut"}{"next":1}')), ['+4|{"nex+5|']);
  });

  it('makes one gap of messages that are left out one behind the other', () => {
    const limits = [9, SKIP, SKIP, SKIP, 9];
    const strategy = { ...limitOf(0).strategy, keep: () => limits.shift() ?? 0, weight: () => 1 };
    const tapped = new Tapped({ strategy: { ...strategy, takesConnection: () => true } });
    assert.deepEqual(picture(tapped.send('{"a":1}{"b":1}{"c"')), ['{"a":1}+11']);
    assert.deepEqual(picture(tapped.send(':1}')), []);
    assert.deepEqual(picture(tapped.send('{"d":1}{"e":1}')), ['+10|{"e":1}']);
  });

  it('keeps the fact of each message when that is all that is wanted', () => {
    const tapped = new Tapped(limitOf(0));
    assert.deepEqual(picture(tapped.send('{"a":1}[]{}')), ['+7|+2|+2|']);
  });

  it('keeps the end of a message that was cut', () => {
    const tapped = new Tapped({ ...limitOf(6), tailBytes: 4 });
    assert.deepEqual(picture(tapped.send('{"a":"xxxxxxx","id":1}')), ['{"a":"+12":1}|']);
    assert.equal(tapped.records[0].flags, FIRST | HAS_HEAD | HAS_TAIL | TRUNCATED);
    assert.deepEqual(picture(tapped.send('{"a":"yy"}')), ['{"a":"yy"}|'], 'head and tail meet');
    assert.deepEqual(picture(tapped.send('{}')), ['{}']);
  });

  it('keeps header blocks whole, and bodies up to the limit', () => {
    const tapped = new Tapped(limitOf(3));
    const block = 'POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\n';
    assert.deepEqual(picture(tapped.send(`${block}0123456789${block}`)), [`${block}012+7|${block}`]);
    assert.deepEqual(picture(tapped.send('01234')), ['012+2']);
    assert.deepEqual(picture(tapped.send('56789')), ['+5|']);
  });

  it('cuts header blocks that are longer than anybody needs', () => {
    const tapped = new Tapped(limitOf(3));
    const block = `GET / HTTP/1.1\r\nX: ${'x'.repeat(9000)}\r\n\r\n`;
    const [{ captured, pieces }] = tapped.send(block);
    assert.equal(captured, 8192);
    assert.deepEqual(
      pieces.map(({ skipped, endsUnit }) => [skipped, endsUnit]),
      [[block.length - 8192, true]],
    );
  });

  it('takes the limit of a message from its beginning, whatever blanks came alone before it', () => {
    const tapped = new Tapped(limitOf(10));
    tapped.send('{"a":1}');
    tapped.send('\n');
    tapped.send('{"b":1}\n');
    tapped.send('{"c":1}\n');
    const [record] = tapped.send('{"d":"0123456789"}\n');
    assert.deepEqual(picture([record]), ['{"d":"0123+9|']);
    assert.equal(record.flags & HAS_HEAD, HAS_HEAD);
  });

  it('keeps blanks that were left out apart from the message behind them', () => {
    const tapped = new Tapped({ strategy: new EverySecond(100) });
    assert.deepEqual(picture(tapped.send('{"a":1}')), ['{"a":1}']);
    assert.deepEqual(picture(tapped.send('\n')), []);
    const records = tapped.send('{"b":1}\n');
    assert.deepEqual(picture(records), ['+1|{"b":1}\n']);
    assert.equal(records[0].flags & HAS_HEAD, HAS_HEAD);
  });

  it('keeps what begins an operation when messages cannot be told apart', () => {
    const tapped = new Tapped(limitOf(4));
    assert.deepEqual(picture(tapped.send('\x00\x01binary')), ['\x00\x01bi+4|']);
    assert.deepEqual(picture(tapped.send('{"a":1}')), ['{"a"+3|']);
  });

  it('passes on what a strategy throws', () => {
    const fault = new StrategyError('s.js', 'is at fault');
    const keep = () => {
      throw fault;
    };
    const tapped = new Tapped({ strategy: { keep, takesConnection: () => true, weight: () => 1 } });
    assert.throws(() => tapped.send('{}'), fault);
  });

  it('asks with what is known of the length, the direction and the connection', () => {
    const asked: number[][] = [];
    const keep = (...args: number[]) => {
      asked.push(args);
      return SKIP;
    };
    const strategy = { keep, takesConnection: () => true, weight: () => 1 };
    const tapped = new Tapped({ strategy }, 2);
    tapped.send('{"a":1}{"b":');
    tapped.send('"xxx"}');
    tapped.show(RECV, '[]');
    assert.deepEqual(asked, [
      [7, SEND, 2],
      [5, SEND, 2],
      [2, RECV, 2],
    ]);
  });

  it('keeps a batch up to 64 KiB, however little it keeps of messages', () => {
    const batch = '[{"id":1,"method":"a"},{"id":2,"method":"b"}]';
    for (const [first, end] of [
      ['{"a":1}\n', '\n'],
      ['{"a":1}{"b":1}', ''],
    ]) {
      const tapped = new Tapped(limitOf(9));
      tapped.send(first);
      assert.deepEqual(picture(tapped.send(batch + end)), [batch + end]);
      const [head, rest] = [batch.slice(0, 20), batch.slice(20)];
      assert.deepEqual(
        [...picture(tapped.send(head)), ...picture(tapped.send(rest + end))],
        [head, rest + end],
      );
      const long = `[{"a":"${'x'.repeat(100_000)}"}]${end}`;
      const kept = picture(tapped.send(long)).join('');
      assert.equal(kept, `${long.slice(0, 64 * 1024)}+${long.length - 64 * 1024}|`);
      assert.deepEqual(picture(tapped.send('[info] {}, nothing more\n')), ['[info] {}+15|']);
    }
  });

  it('keeps a header block that comes behind lines, however little it keeps of messages', () => {
    const tapped = new Tapped(limitOf(9));
    tapped.send('{"a":1}\n');
    const block = 'Content-Length: 40\r\n\r\n';
    const body = `{"a":"${'x'.repeat(32)}"}`;
    assert.deepEqual(picture(tapped.send(block + body)), [`${block}${body.slice(0, 9)}+31|`]);
  });

  it('takes a pretty text for one message in a stream of lines, also where a piece of it ends in a line feed', () => {
    const tapped = new Tapped(limitOf(9));
    tapped.send('{"a":1}\n');
    const pieces = ['{\n "text": 1,\n', ' "more": 2\n', '}\n{"b":"long"}\n'];
    assert.deepEqual(
      pieces.flatMap((piece) => picture(tapped.send(piece))),
      ['{\n "text"+5', '+12|\n{"b":"lo+4|\n'],
    );
  });

  it('keeps the end of a text that shows to have ended when the next one begins', () => {
    const tapped = new Tapped({ ...limitOf(9), tailBytes: 4 });
    tapped.send('{"a":1}\n');
    const long = `{"a":"${'x'.repeat(200)}","id":1}`;
    const records = [long, '{"b":1}', '{"c":1}'].flatMap((piece) => picture(tapped.send(piece)));
    assert.deepEqual(records, [`{"a":"xxx+${long.length - 13}`, '":1}|{"b":1}', '{"c":1}']);
  });
});
