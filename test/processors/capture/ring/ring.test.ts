import assert from 'node:assert/strict';
import { NativeMemory } from '../../../../src/linux/memory.js';
import { CAPTURED_BYTES, viewRing } from '../../../../src/processors/capture/ring/layout.js';
import {
  DIRECTION_BIT,
  ENDS_UNIT,
  FIRST,
  MAX_SKIPPED,
  PIECE_BYTES,
} from '../../../../src/processors/capture/ring/record.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { bytesOf, Ring, textsOf } from './fixture.js';

const KIB = 1024;

describe('ring buffer', () => {
  it('has nothing to read when nothing was written', () => {
    const reader = new Ring({ entries: 4, maxBytes: KIB }).reader();
    assert.equal(reader.next(), false);
    assert.equal(reader.waiting, 0);
    assert.equal(reader.lost, 0);
  });

  it('gives back all fields of a record', () => {
    const ring = new Ring({ entries: 4, maxBytes: KIB });
    const fields = {
      capture: 7,
      flow: -8,
      connection: 1023,
      generation: -5,
      ordinal: 12,
      flags: FIRST | DIRECTION_BIT,
      size: 2 ** 40,
      timeMs: 123456.789,
      weight: 3.5,
    };
    ring.writeText('bytes', fields);
    const reader = ring.reader();
    assert.ok(reader.next());
    const found = Object.keys(fields).map((key) => [key, reader[key as keyof typeof fields]]);
    assert.deepEqual(Object.fromEntries(found), fields);
    assert.equal(reader.direction, RECV);
    assert.equal(reader.sequence, 0);
    assert.equal(reader.captured, 5);
    ring.writeText('');
    assert.ok(reader.next());
    assert.equal(reader.direction, SEND);
    assert.equal(reader.sequence, 1);
  });

  it('gives back the words of pieces', () => {
    const ring = new Ring({ entries: 4, maxBytes: KIB });
    ring.write([
      { bytes: Buffer.from('ab'), skippedAndFlag: 3 },
      { bytes: Buffer.from(''), skippedAndFlag: MAX_SKIPPED | ENDS_UNIT },
      { bytes: Buffer.from('c'), skippedAndFlag: ENDS_UNIT },
    ]);
    const reader = ring.reader();
    assert.ok(reader.next());
    const pieces = [0, 1, 2].map((i) => [reader.kept(i), reader.skipped(i), reader.endsUnit(i)]);
    assert.deepEqual(pieces, [
      [2, 3, false],
      [0, MAX_SKIPPED, true],
      [1, 0, true],
    ]);
    assert.equal(reader.pieces, 3);
    assert.equal(bytesOf(reader).toString(), 'abc');
  });

  it('copies from native memory as from memory of the thread', () => {
    const ring = new Ring({ entries: 4, maxBytes: KIB });
    const memory = new NativeMemory(4096);
    Buffer.from(memory.buffer).write('native', 100);
    ring.writer.begin(1, 6);
    ring.writer.addPiece(6, 0);
    ring.writer.copy(memory, 100, 4);
    ring.writer.copy(memory, 104, 2);
    ring.writer.publish(0, 0, 0, 0, 0, 0, 6, 1);
    assert.deepEqual(textsOf(ring.reader()), ['native']);
  });

  it('has room for a byte behind the captured ones, which the reader may overwrite', () => {
    const ring = new Ring({ entries: 8, maxBytes: 64 * KIB });
    const reader = ring.reader();
    // Around the sizes at which the copy has to grow.
    for (const length of [4087, 4088, 4089, 8192, 20_000]) {
      ring.write([{ bytes: Buffer.alloc(length, 'x'), skippedAndFlag: 0 }]);
      assert.ok(reader.next());
      const end = reader.bytesFrom + reader.captured;
      assert.ok(reader.bytes.length > end);
      reader.bytes[end] = 10;
      assert.equal(reader.bytes[end], 10);
      assert.deepEqual(bytesOf(reader), Buffer.alloc(length, 'x'));
    }
  });

  it('keeps a record of another reader as it is when one overwrites its copy', () => {
    const ring = new Ring({ entries: 4, maxBytes: KIB });
    ring.writeText('intact');
    const [one, other] = [ring.reader(), ring.reader()];
    assert.ok(one.next());
    one.bytes.fill(0);
    assert.deepEqual(textsOf(other), ['intact']);
  });

  it('holds `entries` records and drops the oldest for one more', () => {
    const ring = new Ring({ entries: 3, maxBytes: KIB });
    for (let i = 0; i < 3; i++) ring.writeText(`${i}`);
    assert.deepEqual(textsOf(ring.reader()), ['0', '1', '2']);
    const late = ring.reader();
    ring.writeText('3');
    assert.deepEqual(textsOf(late), ['1', '2', '3']);
    assert.equal(late.lost, 1);
  });

  it('drops as many of the oldest as the data of a record takes, and no more', () => {
    const ring = new Ring({ entries: 100, maxBytes: 128 });
    // 16 bytes each, with the words of the piece.
    for (let i = 0; i < 8; i++) ring.writeText(`${i}`.padEnd(8));
    assert.equal(textsOf(ring.reader()).length, 8);
    // 32 bytes: in the place of the first two.
    ring.writeText('large'.padEnd(24));
    const trimmed = textsOf(ring.reader()).map((text) => text.trim());
    assert.deepEqual(trimmed, ['2', '3', '4', '5', '6', '7', 'large']);
  });

  it('leaves out the end of the data when a record does not fit there', () => {
    const ring = new Ring({ entries: 100, maxBytes: 128 });
    ring.writeText('a'.repeat(48));
    ring.writeText('b'.repeat(40));
    // 24 bytes are left behind them, which 32 do not fit: it goes to the beginning, where a was.
    ring.writeText('c'.repeat(24));
    assert.deepEqual(textsOf(ring.reader()), ['b'.repeat(40), 'c'.repeat(24)]);
  });

  it('fills the data to the last byte before it starts over', () => {
    const ring = new Ring({ entries: 100, maxBytes: 128 });
    for (const text of ['a', 'b', 'c']) ring.writeText(text.repeat(56));
    assert.deepEqual(textsOf(ring.reader()), ['b'.repeat(56), 'c'.repeat(56)]);
  });

  it('drops records without bytes by their number only', () => {
    const ring = new Ring({ entries: 5, maxBytes: 128 });
    ring.writeText('x'.repeat(56));
    ring.writeText('y'.repeat(56));
    for (let ordinal = 0; ordinal < 4; ordinal++) ring.write([], { ordinal });
    const reader = ring.reader();
    assert.deepEqual(textsOf(reader), ['y'.repeat(56), '', '', '', '']);
    assert.equal(reader.captured, 0);
    assert.equal(reader.pieces, 0);
    assert.equal(reader.ordinal, 3);
  });

  it('takes the largest record, over and over', () => {
    const ring = new Ring({ entries: 10, maxBytes: 64 * KIB });
    const length = ring.writer.maxRecordBytes - PIECE_BYTES;
    const reader = ring.reader();
    for (let i = 0; i < 10; i++) {
      ring.write([{ bytes: Buffer.alloc(length, i), skippedAndFlag: 0 }]);
      assert.ok(reader.next());
      assert.deepEqual(bytesOf(reader), Buffer.alloc(length, i));
    }
    assert.equal(reader.lost, 0);
  });

  it('counts captured bytes without the words of pieces', () => {
    const ring = new Ring({ entries: 2, maxBytes: KIB });
    for (let i = 0; i < 5; i++) ring.writeText('12345');
    assert.equal(viewRing(ring.memory).words[CAPTURED_BYTES], 25);
  });
});
