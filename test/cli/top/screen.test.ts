import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { changeBetween, type Output, Screen } from '../../../src/cli/top/screen.js';
import { eventually } from '../../support/eventually.js';

const { EAGAIN, EIO } = constants.errno;

/** A terminal that takes so many bytes, and then no more. */
class SlowTerminal implements Output {
  taken = '';
  room = Number.POSITIVE_INFINITY;
  failure = 0;

  write(bytes: Uint8Array): number {
    if (this.failure < 0) return this.failure;
    const count = Math.min(this.room, bytes.length);
    if (count === 0) return -EAGAIN;
    this.room -= count;
    this.taken += Buffer.from(bytes.subarray(0, count)).toString('latin1');
    return count;
  }

  waitWritable(): void {}
}

describe('Screen', () => {
  let terminal: SlowTerminal;
  let screen: Screen;
  let failures: number;

  beforeEach(() => {
    terminal = new SlowTerminal();
    failures = 0;
    screen = new Screen(() => failures++, terminal);
  });

  afterEach(() => screen.leave());

  function takeTaken(): string {
    const { taken } = terminal;
    terminal.taken = '';
    return taken;
  }

  it('takes the terminal, and gives it back once', () => {
    screen.enter();
    assert.ok(takeTaken().startsWith('\x1b[?1049h'));
    screen.leave();
    assert.ok(takeTaken().endsWith('\x1b[?7h\x1b[?25h\x1b[?1049l'));
    screen.leave();
    screen.draw(['late']);
    assert.equal(takeTaken(), '');
  });

  it('writes lines that have changed, and all of them when it has to', () => {
    screen.enter();
    screen.draw(['a', 'b', 'c']);
    takeTaken();
    screen.draw(['a', 'x', 'c']);
    assert.equal(takeTaken(), '\x1b[?2026h\x1b[2;1H\x1b[2Kx\x1b[?2026l');
    screen.draw(['a', 'x', 'c']);
    assert.equal(takeTaken(), '');
    screen.draw(['a']);
    assert.equal(takeTaken(), '\x1b[?2026h\x1b[2;1H\x1b[2K\x1b[3;1H\x1b[2K\x1b[?2026l');
    screen.invalidate();
    screen.draw(['a']);
    assert.equal(takeTaken(), '\x1b[?2026h\x1b[2J\x1b[1;1H\x1b[2Ka\x1b[?2026l');
  });

  it('gives a slow terminal whole frames, and only the latest', async () => {
    screen.enter();
    takeTaken();
    terminal.room = 5;
    for (let i = 0; i < 1000; i++) screen.draw([`frame ${i}`]);
    assert.equal(terminal.taken.length, 5);
    terminal.room = Number.POSITIVE_INFINITY;
    await eventually('the terminal has the latest', () => terminal.taken.includes('frame 999'));
    const frames = takeTaken().match(/frame \d+/g);
    assert.deepEqual(frames, ['frame 0', 'frame 999']);
  });

  it('leaves a terminal that takes nothing, soon', () => {
    screen.enter();
    terminal.room = 3;
    screen.draw(['a']);
    const startMs = performance.now();
    screen.leave();
    assert.ok(performance.now() - startMs < 2000);
  });

  it('ends a sequence that was cut in two before it leaves', () => {
    screen.enter();
    terminal.room = 3;
    screen.draw(['a']);
    takeTaken();
    terminal.room = Number.POSITIVE_INFINITY;
    screen.leave();
    assert.ok(takeTaken().startsWith('\x18'));
  });

  it('says when the terminal is gone', () => {
    screen.enter();
    terminal.failure = -EIO;
    screen.draw(['a']);
    screen.draw(['b']);
    assert.equal(failures, 1);
  });
});

describe('changeBetween', () => {
  it('is nothing between what is alike', () => {
    assert.equal(changeBetween(['a', ''], ['a']), '');
  });
});
