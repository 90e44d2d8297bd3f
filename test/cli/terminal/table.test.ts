import assert from 'node:assert/strict';
import { displayName, shortId } from '../../../src/api/containers/names.js';
import { formatTable } from '../../../src/cli/terminal/table.js';

describe('formatTable', () => {
  const columns = [
    { title: 'NAME', align: 'left' },
    { title: 'COUNT', align: 'right' },
    { title: 'WHY', align: 'left' },
  ] as const;

  it('has columns as wide as their widest text, and no spaces at the ends of lines', () => {
    const rows = [
      ['a', '1', '-'],
      ['üü🐋ééé', '1234567', ''],
    ];
    assert.equal(
      formatTable(columns, rows),
      'NAME       COUNT  WHY\na              1  -\nüü🐋ééé  1234567\n',
    );
  });

  it('counts the columns that wide characters take', () => {
    assert.equal(formatTable(columns, [['容器', '1', '-']]), 'NAME  COUNT  WHY\n容器      1  -\n');
  });

  it('fits the terminal: columns with a rank go first, then the middle of the widest texts', () => {
    const narrow = [{ ...columns[0] }, { ...columns[1], rank: 2 }, { ...columns[2], rank: 1 }];
    const rows = [
      ['payments-worker-7f9c-1', '1', 'because'],
      ['payments-worker-7f9c-2', '1', 'because'],
    ];
    assert.match(formatTable(narrow, rows, 80), /^NAME +COUNT +WHY$/m);
    const shown = formatTable(narrow, rows, 18);
    assert.equal(
      shown,
      'NAME         COUNT\npaymen…9c-1      1\npaymen…9c-2      1\n'.replaceAll('paymen…9c-', 'payme…f9c-'),
    );
    assert.match(formatTable(narrow, rows, 8), /^NAME\npaym…c-1\npaym…c-2\n$/);
  });

  it('has titles when it has nothing else', () => {
    assert.equal(formatTable(columns, []), 'NAME  COUNT  WHY\n');
  });

  it('shows text from outside as text, cut', () => {
    const text = formatTable(columns, [['\x1b[2J\n\u202e', '1', 'x'.repeat(10_000)]]);
    assert.equal(text.split('\n').length, 3);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    assert.match(text, /^\\u\{1b\}\[2J\\u\{a\}\\u\{202e\} {6}1 {2}x{128}…$/m);
  });
});

describe('the names of containers', () => {
  it('are as short as people know them', () => {
    assert.equal(shortId('0123456789ab'.padEnd(64, 'f')), '0123456789ab');
    assert.equal(shortId('0123456789AB'.padEnd(64, 'F')).length, 64);
    assert.equal(shortId('my-container-with-a-long-name'), 'my-container-with-a-long-name');
  });

  it('are the most that the attributes tell', () => {
    const pod = { 'k8s.namespace.name': 'n', 'k8s.pod.name': 'p', 'k8s.container.name': 'c' };
    for (const [attributes, name] of [
      [{ ...pod, 'container.name': 'x' }, 'n/p/c'],
      [{ 'k8s.namespace.name': 'n', 'k8s.pod.name': 'p' }, 'n/p'],
      [{ 'container.name': 'x', 'process.executable.name': 'y' }, 'x'],
      [{ 'process.executable.name': 'nginx' }, 'host: nginx'],
      [{ 'container.id': 'c' }, '-'],
    ] as const) {
      assert.equal(displayName(attributes), name);
    }
  });
});
