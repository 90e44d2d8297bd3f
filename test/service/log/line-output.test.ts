import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { LOG_DROPS } from '../../../src/service/log/instruments.js';
import { LineOutput, type Output } from '../../../src/service/log/line-output.js';
import { eventually } from '../../support/eventually.js';

const { EAGAIN, EIO, ENOSPC, EROFS } = constants.errno;

/** Takes bytes as it is told to: so many, or fails. Without more to go by it takes all. */
class ToldOutput implements Output {
  readonly answers: number[] = [];
  text = '';
  isFull = false;

  write(bytes: Uint8Array): number {
    if (this.isFull) return -EAGAIN;
    const answer = Math.min(this.answers.shift() ?? bytes.length, bytes.length);
    if (answer > 0) this.text += Buffer.from(bytes.subarray(0, answer)).toString();
    return answer;
  }

  waitWritable(): void {}
}

describe('LineOutput', () => {
  let output: ToldOutput;
  let drops: Float64Array;
  let recoveries: number;
  let lines: LineOutput;

  beforeEach(() => {
    output = new ToldOutput();
    drops = new Float64Array(LOG_DROPS.length);
    recoveries = 0;
    lines = new LineOutput(output, drops, () => recoveries++);
  });

  const dropped = () =>
    Object.fromEntries(LOG_DROPS.map((reason, i) => [reason, drops[i]]).filter(([, n]) => n));

  it('writes a line at once', () => {
    lines.write('one\n');
    assert.equal(output.text, 'one\n');
    assert.equal(recoveries, 0);
  });

  it('writes the rest of a line, and others behind it, when there is room again', async () => {
    output.answers.push(2, -EAGAIN);
    lines.write('one\n');
    lines.write('two\n');
    assert.equal(output.text, 'on');
    await eventually('all is written', () => output.text === 'one\ntwo\n');
    assert.deepEqual(dropped(), {});
  });

  it('drops lines that fail, counts them by reason, and says so once', () => {
    output.answers.push(-ENOSPC, -EIO, -EROFS);
    for (const line of ['1\n', '2\n', '3\n', '4\n', '5\n']) lines.write(line);
    assert.equal(output.text, '4\n5\n');
    assert.deepEqual(dropped(), { ENOSPC: 1, EIO: 1, _OTHER: 1 });
    assert.equal(recoveries, 1);
  });

  it('begins a new line behind one whose end was lost', () => {
    output.answers.push(2, -ENOSPC, -ENOSPC);
    lines.write('one\n');
    lines.write('two\n');
    lines.write('three\n');
    assert.equal(output.text, 'on\nthree\n');
    assert.deepEqual(dropped(), { ENOSPC: 2 });
  });

  it('drops the oldest, but none in the middle of it, when too much waits', async () => {
    output.answers.push(3, -EAGAIN);
    const long = 'x'.repeat(300_000);
    for (let i = 0; i < 5; i++) lines.write(`${i}${long}\n`);
    assert.deepEqual(dropped(), { backlog: 2 });
    await eventually('the rest is written', () => output.text.endsWith(`4${long}\n`));
    assert.equal(output.text.replaceAll(long, ''), '0\n3\n4\n');
    assert.equal(recoveries, 1);
  });

  it('writes what waits before an end, but waits no longer than it may', () => {
    output.answers.push(-EAGAIN, -EAGAIN, -EAGAIN);
    lines.write('last\n');
    lines.flush(1000);
    assert.equal(output.text, 'last\n');
    output.isFull = true;
    lines.write('never\n');
    const startMs = performance.now();
    lines.flush(20);
    assert.ok(performance.now() - startMs < 500);
    output.isFull = false;
  });
});
