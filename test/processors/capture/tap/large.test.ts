import assert from 'node:assert/strict';
import { CONTINUED, HAS_HEAD, PIECE_BYTES } from '../../../../src/processors/capture/ring/record.js';
import { SEND } from '../../../../src/protocols/direction.js';
import { OperationFramer } from '../../../../src/protocols/framing/operation-framer.js';
import { picture } from './picture.js';
import { type CapturedRecord, EverySecond, limitOf, OPERATION_BYTES, Tapped } from './tapped.js';
import { runsOf, transcribe } from './transcript.js';

const FULL = { ...limitOf(Infinity), createFramer: () => new OperationFramer() };

describe('Tap, with more than fits a record', () => {
  it('writes several records for thousands of cut messages in one operation', () => {
    const tapped = new Tapped(limitOf(20));
    const message = `{"method":"${'x'.repeat(30)}"}\n`;
    const count = Math.floor(OPERATION_BYTES / message.length);
    const bytes = Buffer.from(message.repeat(count));
    const records = tapped.send(bytes);
    assert.ok(records.length > 1);
    assertOneOperation(records, bytes.length);
    const { kept, ends } = transcribe(tapped, SEND, bytes);
    const starts = Array.from({ length: count }, (_, i) => i * message.length);
    assert.deepEqual(
      runsOf(kept),
      starts.map((start) => `${start}-${start + 20}`),
    );
    assert.deepEqual(
      ends,
      starts.map((start) => start + message.length),
    );
  });

  it('writes several records for a large operation of which everything is kept', () => {
    const tapped = new Tapped({ ...FULL, ringBytes: 256 * 1024 });
    const bytes = Buffer.alloc(200_000, 'abcdefg');
    const records = tapped.send(bytes);
    assert.equal(records.length, 2);
    assertOneOperation(records, bytes.length);
    assert.deepEqual(runsOf(transcribe(tapped, SEND, bytes).kept), ['0-200000']);
    assert.equal(records[1].flags & HAS_HEAD, 0);
  });

  it('stays within the largest record when a cut message fills it to the last byte', () => {
    for (let spare = 0; spare < 40; spare++) {
      const tapped = new Tapped({ ...limitOf(40_000), tailBytes: 100, ringBytes: 64 * 1024 });
      const first = `[${' '.repeat(tapped.tap.writer.maxRecordBytes - spare - 2)}]`;
      const bytes = Buffer.from(`${first}{"a":"${'y'.repeat(41_000)}"}`);
      // Each half of it, since all of it is more than the ring holds.
      tapped.send(bytes.subarray(0, first.length + 50));
      tapped.send(bytes.subarray(first.length + 50));
      const { kept } = transcribe(tapped, SEND, bytes);
      const end = first.length + 40_000;
      assert.deepEqual(runsOf(kept), [`0-${end}`, `${bytes.length - 100}-${bytes.length}`]);
    }
  });

  it('stays within the largest record when one that is left out follows a tail', () => {
    const TAIL = 100;
    for (let spare = -8; spare < 40; spare++) {
      const probe = new Tapped({ ringBytes: 64 * 1024 });
      const { maxRecordBytes } = probe.tap.writer;
      const strategy = new EverySecond(maxRecordBytes - 2 * PIECE_BYTES - TAIL - spare);
      const tapped = new Tapped({ strategy, tailBytes: TAIL, ringBytes: 64 * 1024 });
      const bytes = Buffer.from(`{"a":"${'x'.repeat(maxRecordBytes + 100)}"}{"a":"left out"}[]`);
      for (const { pieces, captured } of tapped.send(bytes)) {
        assert.ok(pieces.length * PIECE_BYTES + captured <= maxRecordBytes);
      }
      transcribe(tapped, SEND, bytes);
    }
  });

  it('begins the flags of a message in the record that has its first byte', () => {
    const tapped = new Tapped({ ...limitOf(40_000), ringBytes: 64 * 1024 });
    const first = `{"a":"${'x'.repeat(tapped.tap.writer.maxRecordBytes - 20)}"}`;
    const [one, two] = tapped.send(`${first}{"y":1}`);
    assert.deepEqual([one.flags & HAS_HEAD, two.flags & HAS_HEAD], [HAS_HEAD, HAS_HEAD]);
    assert.match(picture([two])[0], /\{"y":1\}$/);
  });

  it('counts what is skipped of a message of many GiB', () => {
    const tapped = new Tapped(limitOf(2));
    tapped.send('{"a":"x');
    tapped.state.unreported[tapped.connection * 2 + SEND] = 5 * 2 ** 30;
    tapped.send('x');
    tapped.send('"}');
    const skipped = tapped.records
      .flatMap(({ pieces }) => pieces.map(({ skipped }) => skipped))
      .reduce((sum, bytes) => sum + bytes, 0);
    assert.equal(skipped, 5 + 5 * 2 ** 30 + 3);
    const marks = tapped.records.flatMap(({ pieces }) => pieces.map(({ endsUnit }) => endsUnit));
    assert.deepEqual(marks.indexOf(true), marks.length - 1);
  });
});

function assertOneOperation(records: readonly CapturedRecord[], size: number): void {
  assert.deepEqual(
    records.map((record) => [record.ordinal, record.size, record.flags & CONTINUED]),
    records.map((_, i) => [i, i === 0 ? size : 0, i === 0 ? 0 : CONTINUED]),
  );
}
