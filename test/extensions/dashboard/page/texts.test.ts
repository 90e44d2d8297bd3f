import assert from 'node:assert/strict';
import { EventBuffer } from '../../../../src/extensions/dashboard/page/model/event-buffer.js';
import { parseRoute, routeHash } from '../../../../src/extensions/dashboard/page/model/route.js';
import { tokensOf } from '../../../../src/extensions/dashboard/page/model/yaml-tokens.js';

describe('the address of the dashboard', () => {
  it('says what is shown, whatever it is called', () => {
    const scope = { container: 'a&b=c#d', socket: 'ä /?', method: '<img src=x>' };
    assert.deepEqual(parseRoute(routeHash('live', scope)), { view: 'live', scope });
    assert.deepEqual(parseRoute(''), { view: 'overview', scope: {} });
    assert.deepEqual(parseRoute('#/nothing?nothing=1&socket='), { view: 'overview', scope: {} });
    assert.deepEqual(parseRoute(`#/overview?method=${'x'.repeat(5000)}`).scope, {});
  });
});

describe('the colours of YAML', () => {
  it('tell keys, values and comments apart, and leave the line as it is', () => {
    for (const [line, expected] of [
      ['  threads: auto # default', ['  threads:', ' auto ', '# default']],
      ['- name: "a # b" # c', ['- name:', ' "a # b" ', '# c']],
      ["  'it''s': x#y", ["  'it''s': x#y"]],
      ['  "a\\"b": 1', ['  "a\\"b":', ' 1']],
      ['  - uds', ['  - uds']],
      ['  url: http://localhost:1', ['  url:', ' http://localhost:1']],
      ['', []],
    ] as const) {
      const tokens = tokensOf(line).map(({ text }) => text);
      assert.deepEqual(tokens, expected);
      assert.equal(tokens.join(''), line);
    }
  });
});

describe('the rows of the live stream', () => {
  it('are the latest, the newest first, however many come', () => {
    const buffer = new EventBuffer(3);
    for (let i = 0; i < 100; i++) buffer.add(JSON.stringify({ type: 'call', id: String(i) }));
    buffer.add('{"type":"missed","count":7}');
    buffer.add('{"type":"operation"}');
    buffer.add('null');
    const rows = buffer.rows.map((row) => ('call' in row ? row.call.id : row.missing));
    assert.deepEqual(rows, [7, '99', '98']);
    assert.equal(buffer.calls, 100);
  });
});
