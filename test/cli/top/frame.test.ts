import assert from 'node:assert/strict';
import { widthOf } from '../../../src/cli/terminal/width.js';
import { frameOf, type Model } from '../../../src/cli/top/frame.js';
import { initialState, press } from '../../../src/cli/top/state.js';
import { durations, sample } from './support.js';

describe('the frame of udscope top', () => {
  const settings = { columns: 80, rows: 10, colour: false };
  const rates = { calls: 12.5, errors: 0, sendBytes: 2048, recvBytes: 1024 };
  const samples = [
    sample('eth_call', rates, { interval: durations([90, 8, 2, 0]), trend: [1, 4, 8] }),
    sample('eth_blockNumber', { calls: 1234, errors: 2 }),
  ];

  function model(change: Partial<Model> = {}): Model {
    return {
      state: initialState('methods', 'calls'),
      samples,
      total: samples.length,
      told: samples.length,
      calls: [],
      intervalMs: 2000,
      timeMs: new Date(2026, 0, 2, 3, 4, 5).getTime(),
      problem: undefined,
      ...change,
    };
  }

  it('has a summary, the way to the view, titles, lines and keys', () => {
    const lines = frameOf(model(), settings);
    assert.equal(lines.length, 10);
    assert.equal(lines[0], 'udscope top 03:04:05 2 methods, 1247 calls/s, 2 errors/s, 3.00 KiB/s, every 2s');
    assert.equal(lines[1], 'methods by calls');
    assert.match(lines[2] ?? '', /^ CONTAINER +SOCKET +METHOD +CALLS\/S▼ +ERR\/S +BYTES\/S +P95 +P99/);
    assert.match(lines[3] ?? '', /^›wallet +geth +eth_call +12\.5 +0 +3\.00 KiB +8\.13 ms 17\.5 ms/);
    assert.match(lines[4] ?? '', /^ wallet +geth +eth_\S+er +1234 +2 +0 B +- +-$/);
    assert.match(lines[9] ?? '', /^Enter in .* q quit$/);
  });

  it('is never wider or higher than the terminal, whatever names are like', () => {
    const hostile = ['容器'.repeat(50), '\x1b[2J\u202e', 'a'.repeat(10_000), '👩‍👩‍👧‍👦'.repeat(40), ''];
    const wild = hostile.map((name) => sample(name, rates));
    for (const columns of [1, 5, 20, 40, 80, 81, 132, 300]) {
      for (const rows of [1, 2, 5, 24]) {
        const lines = frameOf(model({ samples: wild, problem: `\x1b]0;x\x07${hostile[2]}` }), {
          ...settings,
          columns,
          rows,
        });
        assert.ok(lines.length <= rows);
        for (const line of lines) {
          assert.ok(widthOf(line) <= columns, `${columns}: ${line}`);
          assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        }
      }
    }
  });

  it('leaves out columns that there is no room for, and has all where there is', () => {
    const [, , narrow] = frameOf(model(), settings);
    const [, , wide] = frameOf(model(), { ...settings, columns: 140 });
    assert.doesNotMatch(narrow ?? '', /UNKN|AVG|PROTOCOL/);
    assert.match(
      wide ?? '',
      /CONTAINER +SOCKET +PROTOCOL +METHOD +CALLS.* UNKN\/S +BYTES\/S +AVG +P50 +P95 +P99 +TREND$/,
    );
  });

  it('shows the lines around the one that is selected', () => {
    const many = Array.from({ length: 100 }, (_, i) => sample(`m${i}`));
    const shown = { lines: many, page: 6 };
    const state = press(press(initialState('methods', 'calls'), 'end', shown), 'pageup', shown);
    const lines = frameOf(model({ samples: many, state }), settings);
    assert.equal(lines.filter((line) => /^›.* m93 /.test(line)).length, 1);
    assert.ok(lines.some((line) => / m90 /.test(line)) && lines.some((line) => / m95 /.test(line)));
  });

  it('says what is wrong, that it is paused, and what is filtered by', () => {
    const state = { ...initialState('methods', 'p99'), isPaused: true };
    const filtered = { ...state, levels: [{ ...state.levels[0]!, filter: 'eth', isReversed: true }] };
    const [, path] = frameOf(model({ state: filtered, problem: 'the agent has gone away' }), settings);
    assert.equal(path, 'the agent has gone away paused methods /eth by p99, reversed');
    const [, , , nothing] = frameOf(model({ state: filtered, samples: [] }), settings);
    assert.equal(nothing, 'nothing has such a name');
    assert.match(frameOf(model({ state: { ...state, editing: 'x' } }), settings).at(-1) ?? '', /^\/x Enter/);
  });

  it('says how many of all lines it has', () => {
    const [summary] = frameOf(model({ total: 200_000 }), { ...settings, columns: 120 });
    assert.match(summary ?? '', / 2 of 200k methods, /);
  });

  it('shows help, and calls', () => {
    const help = frameOf(model({ state: { ...initialState('methods', 'calls'), showsHelp: true } }), {
      ...settings,
      rows: 24,
    });
    assert.ok(help.some((line) => /^ q Ctrl-C/.test(line)));
    const level = { ...initialState('methods', 'calls').levels[0]!, view: 'calls' as const };
    const state = { ...initialState('methods', 'calls'), levels: [level] };
    const calls = [{ key: '2', line: 'the call' }];
    assert.ok(frameOf(model({ state, calls }), settings).includes('›the call'));
    assert.match(frameOf(model({ state }), settings).join('\n'), /none of its calls is remembered/);
  });

  it('has colours where they are wanted only', () => {
    assert.ok(!frameOf(model(), settings).join('').includes('\x1b'));
    const lines = frameOf(model(), { ...settings, colour: true });
    assert.ok(lines[3]?.startsWith('\x1b[7m›wallet'));
    assert.ok(lines[4]?.startsWith('\x1b[31m'));
  });
});
