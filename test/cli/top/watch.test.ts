import assert from 'node:assert/strict';
import { Watch } from '../../../src/cli/top/watch.js';

describe('Watch', () => {
  it('draws once for keys that came together, as of a text that was pasted', () => {
    const frames: (readonly string[])[] = [];
    const watch = new Watch({
      control: '/nobody',
      choice: { socket: [], container: [], protocol: [], method: [] },
      view: 'methods',
      order: 'calls',
      limit: 10,
      intervalMs: 1000,
      colour: false,
      signal: new AbortController().signal,
      size: () => ({ columns: 80, rows: 24 }),
      draw: (lines) => frames.push(lines),
    });
    watch.press([...`/${'eth'.repeat(1000)}`].map((text) => ({ text })));
    assert.equal(frames.length, 1);
    assert.match(frames[0]?.join('\n') ?? '', /eth/);
  });
});
