import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { EventTable } from '../../../src/cli/tail/event-table.js';
import { parseStreamLine, type StreamLine } from '../../../src/cli/tail/stream-line.js';
import { widthOf } from '../../../src/cli/terminal/width.js';
import { call, operation } from '../../extensions/control/event-log.js';

const everyColumn = () => Number.POSITIVE_INFINITY;

/** Without the time, which depends on where the test runs. */
function format(table: EventTable, event: unknown): string {
  const line = parseStreamLine(JSON.stringify(event));
  assert.ok(line !== undefined, 'the line is understood');
  return table.format(line as StreamLine).replace(/^\d\d:\d\d:\d\d\.\d\d\d /, '');
}

describe('EventTable', () => {
  const plain = () => new EventTable({ colour: false, columns: everyColumn });

  it('keeps its columns in line, as wide as the widest text so far', () => {
    const table = plain();
    const lines = [
      call({ method: 'a_method_of_more_than_the_usual', durationMs: 12 }),
      call({ method: 'short', durationMs: 1234, container: { 'container.id': '0123456789abcdef' } }),
      operation(),
    ].map((event) => format(table, event));
    assert.deepEqual(
      lines.map((line) => line.replace(/ {2,}/g, '  ')),
      [
        'wallet  geth  jsonrpc → a_method_of_more_than_the_usual 12.0 ms 100 B / 1.95 KiB',
        '0123456789ab geth  jsonrpc → short  1.23 s 100 B / 1.95 KiB',
        'c0ffee012345 geth  → send  100 B, kept 64 B',
      ],
    );
    assert.equal(lines[1]?.indexOf('100 B'), lines[2]?.indexOf('100 B'));
  });

  it('shows what a call was about, and who asked', () => {
    const line = format(plain(), call({ from: 'upstream', params: '["a"]', result: '{}' }));
    assert.match(line, /← eth_call .* \["a"\] ⇒ \{\}$/);
    const notification = { ...call(), durationMs: undefined, responseBytes: undefined };
    assert.match(format(plain(), notification), /eth_call +- 100 B \/ -$/);
  });

  it('shows the beginning of an operation', () => {
    const line = format(plain(), operation({ direction: 'recv', captured: 100, payload: '{"id":1}\n' }));
    assert.match(line, /← recv +100 B +\{"id":1\}\\u\{a\}$/);
  });

  it('cuts what is long', () => {
    const line = format(plain(), call({ method: '𝄞'.repeat(400), socket: 's'.repeat(400) }));
    assert.match(line, / s{16}…s{15} jsonrpc → 𝄞{32}…𝄞{31} /u);
  });

  it('has unknown outcomes in yellow, with the reason', () => {
    const table = new EventTable({ colour: true, columns: everyColumn });
    const line = format(table, call({ outcome: 'unknown', unknownReason: 'lost' }));
    assert.ok(line.endsWith(' \x1b[33munknown: lost\x1b[0m'), JSON.stringify(line));
  });

  it('has errors and gaps in red', () => {
    const table = new EventTable({ colour: true, columns: everyColumn });
    assert.ok(
      format(table, call({ errorType: 'no_response' })).endsWith(' \x1b[31merror no_response\x1b[0m'),
    );
    // With nothing behind it where nothing else is said.
    const unnamed = format(table, call({ errorType: 'INTERNAL', errorMessage: '' }));
    assert.ok(unnamed.endsWith(' \x1b[31merror INTERNAL\x1b[0m'), unnamed);
    assert.equal(format(table, { type: 'missed', count: 1 }), '\x1b[31mmissed 1 event\x1b[0m');
  });

  it('is cut to the width of the terminal, which may change', () => {
    let columns = Number.POSITIVE_INFINITY;
    const table = new EventTable({ colour: true, columns: () => columns });
    const error = parseStreamLine(JSON.stringify(call({ errorType: 'no_response' }))) as StreamLine;
    assert.match(stripVTControlCharacters(table.format(error)), /1\.95 KiB error no_response$/);
    for (columns = 1; columns <= 150; columns++) {
      const shown = stripVTControlCharacters(table.format(error));
      assert.ok(widthOf(shown) <= columns, shown);
      if (columns >= 80) assert.match(shown, / error no_response$/);
      assert.equal(shown.includes(' jsonrpc →'), columns >= 100, shown);
    }
  });
});

describe('EventTable on 80 columns', () => {
  const settings = { colour: false, columns: () => 80 };

  it('shows what tells calls apart, whatever they are named', () => {
    const table = new EventTable(settings);
    const container = { 'container.name': `容器-${'长'.repeat(30)}-1` };
    const method = `${'m'.repeat(299)}Z`;
    for (const event of [
      call({ container, method, socket: `${'s'.repeat(40)}1` }),
      call({ container, method, errorType: '-32601', errorMessage: 'x'.repeat(300) }),
      operation({ container, payload: '🐋'.repeat(200) }),
    ]) {
      const line = table.format(parseStreamLine(JSON.stringify(event)) as StreamLine);
      assert.ok(widthOf(line) <= 80, line);
      assert.match(line, /容器-….*-1 /);
      if (event.type === 'call') assert.match(line, /m…m+Z .*(100 B|error -32601)/);
    }
  });
});

describe('parseStreamLine', () => {
  it('leaves out what it does not know', () => {
    const lines = ['', 'x', 'null', '[]', '{}', '{"type":"span"}', '{"type":"missed","count":"1"}'];
    lines.push(JSON.stringify({ ...call(), timeMs: 1e300 }), JSON.stringify({ ...call(), method: 1 }));
    for (const line of lines) assert.equal(parseStreamLine(line), undefined, line);
  });
});
