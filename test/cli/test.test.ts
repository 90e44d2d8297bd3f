import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { startCommand } from '../support/udscope.js';

describe('udscope test', () => {
  const cleanup = useCleanup();
  let file: string;

  beforeEach(() => {
    file = join(cleanup.directory(), 'demo.yaml');
  });

  async function run(text: string, ...options: string[]) {
    writeFileSync(file, text);
    const command = await startCommand({ args: ['test', file, ...options] });
    const { code } = await command.exited;
    return { code, output: command.output.replaceAll(file, 'demo.yaml') };
  }

  const demo = readFileSync(repositoryPath('examples/tests/demo.yaml'), 'utf8').replace(
    '../../otel-config.yaml',
    repositoryPath('otel-config.yaml'),
  );

  it('says of each test what came of it, and where an expectation is that was not met', async () => {
    const { code, output } = await run(demo.replace('outcome: failed', 'outcome: succeeded'));
    assert.equal(code, 1);
    assert.match(output, /^ok {3}a call of JSON-RPC .*$/m);
    const failure =
      'FAIL an error is counted by its code (demo.yaml:18)\n' +
      '  demo.yaml:25: tests[1].expect.calls[0].outcome\n' +
      '    expected: succeeded\n    found:    failed\n';
    assert.ok(output.includes(failure), output);
    assert.match(output, /^6 tests, 1 failed\n$/m);
    const json = await run(demo, '--json');
    assert.equal(json.code, 0);
    const results = json.output.trimEnd().split('\n');
    assert.deepEqual(
      results.map((line) => JSON.parse(line).failures.length),
      [0, 0, 0, 0, 0, 0],
    );
  });

  it('refuses what is no test, with every mistake and its line', async () => {
    const text = `configuration: ${repositoryPath('otel-config.yaml')}
tests:
  - name: a
    sockett: demo
    steps: [{ send: { hex: zz } }, { send: a, recv: b }]
    expect: { calls: [{ outcome: suceeded, params: { matches: "(" } }] }
  - { name: b, socket: demo, steps: [{ send: a }], expect: { kept: {} } }
  - { name: c, socket: demo, steps: [{ send: a }], expect: { calls: [], spans: [] } }
`;
    const { code, output } = await run(text);
    assert.equal(code, 1);
    const lines = [
      /^demo.yaml:3: tests\[0\].socket: is missing$/m,
      /^demo.yaml:4: tests\[0\].sockett: unknown key; did you mean socket\?$/m,
      /^demo.yaml:5: tests\[0\].steps\[0\].send: a map is not hex$/m,
      /^demo.yaml:5: tests\[0\].steps\[1\]: a map has to have one of send, recv and wait$/m,
      /^demo.yaml:6: .*\.outcome: "suceeded" is not one of .*did you mean succeeded\?$/m,
      /^demo.yaml:6: .*\.params: a map is no expression: /m,
      /^demo.yaml:7: tests\[1\].expect: a map expects nothing, and could not fail$/m,
      /^demo.yaml:8: tests\[2\].expect.spans: a list is too short; give at least one item$/m,
    ];
    for (const line of lines) assert.match(output, line);
    assert.match((await run('tests: [')).output, /^demo.yaml:1: is not valid YAML/);
    const lost = await run(
      'configuration: /nowhere.yaml\ntests: [{ name: a, socket: b, steps: [{ wait: 0 }], expect: { calls: [] } }]',
    );
    assert.match(lost.output, /^\/nowhere.yaml: no such file$/m);
    const unknown = await run(demo.replace('socket: demo', 'socket: \u001b[2J'));
    assert.match(unknown.output, /demo.yaml:\d+: /);
    assert.ok(!unknown.output.includes('\u001b'));
  });
});
