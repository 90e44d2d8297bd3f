import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runFile } from '../../../src/cli/testing/run-file.js';
import { useCleanup } from '../../support/cleanup.js';
import { repositoryPath } from '../../support/paths.js';

const ask = (method: string, params: unknown[] = []) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
const ANSWER = '{"jsonrpc":"2.0","id":1,"result":"secret"}';
const CALL = [{ send: ask('m', ['hunter2']) }, { wait: '20ms' }, { recv: ANSWER }];
const WALLET = { 'container.id': 'c1', 'container.name': 'wallet', 'k8s.pod.name': 'pod' };

describe('tests of a configuration', () => {
  const cleanup = useCleanup();
  let directory: string;

  beforeEach(() => {
    directory = cleanup.directory();
  });

  /** What fails of one test of a configuration: its place, what was expected, and what was found. */
  async function failuresOf(processors: object, test: object, service: object = {}): Promise<string[]> {
    const pipeline = { receivers: ['uds'], processors: Object.keys(processors) };
    const configuration = {
      receivers: { uds: { sockets: [{ name: 'rpc', listen: '/tmp/r.sock', upstream: '/tmp/u.sock' }] } },
      processors,
      exporters: { prometheus: { endpoint: 'localhost:0' }, otlphttp: { endpoint: 'http://localhost:1' } },
      service: {
        ...service,
        pipelines: {
          metrics: { ...pipeline, exporters: ['prometheus'] },
          traces: { ...pipeline, exporters: ['otlphttp'] },
        },
      },
    };
    writeFileSync(join(directory, 'c.yaml'), stringify(configuration));
    const file = join(directory, 'tests.yaml');
    const tests = [{ name: 'it', socket: 'rpc', ...test }];
    writeFileSync(file, stringify({ configuration: 'c.yaml', tests }, { aliasDuplicateObjects: false }));
    const failures: string[] = [];
    for await (const result of runFile(file)) {
      for (const { path, expected, found } of result.failures)
        failures.push(`${path.replace('tests[0].expect.', '')}: ${expected} | ${found}`);
    }
    return failures;
  }

  it('are met by the example', async () => {
    const names: string[] = [];
    for await (const { name, failures } of runFile(repositoryPath('examples/tests/demo.yaml'))) {
      assert.deepEqual(failures, [], name);
      names.push(name);
    }
    assert.ok(names.length >= 6);
  });

  it('see which attributes are shown and which are hidden', async () => {
    const attributes = { 'container.name': 'wallet', 'container.id': null, 'k8s.pod.name': null };
    const test = {
      client: WALLET,
      steps: CALL,
      expect: {
        series: [{ attributes, count: 1 }],
        spans: [{ name: { matches: 'm$' }, attributes: { ...attributes, 'rpc.method': 'm' } }],
      },
    };
    const service = (shown: string[]) => ({ telemetry: { metrics: { attributes: shown } } });
    const processors = { capture: {}, enrich: {} };
    assert.deepEqual(await failuresOf(processors, test, service(['container.name'])), []);
    const failures = await failuresOf(processors, test, service(['container.id', 'container.name']));
    assert.equal(failures.length, 2);
    assert.match(failures[0] ?? '', /^series\[0\]: .*"container.id":null.* \| .*"container.id":"c1"/);
  });

  it('see no attribute that is none, whatever it is called', async () => {
    const absent = { constructor: null, toString: null };
    const test = {
      steps: CALL,
      expect: { series: [{ attributes: absent }], spans: [{ attributes: absent }] },
    };
    assert.deepEqual(await failuresOf({ capture: {}, enrich: {} }, test), []);
  });

  it('see what is shown of payload', async () => {
    const test = { steps: CALL, expect: { calls: [{ params: null, result: null }] } };
    assert.deepEqual(await failuresOf({ capture: {}, enrich: {} }, test), []);
    assert.deepEqual(await failuresOf({ capture: {}, enrich: { payload: 'raw' } }, test), [
      'calls[0].params: nothing | ["hunter2"]',
      'calls[0].result: nothing | "secret"',
    ]);
    const hashed = { steps: CALL, expect: { calls: [{ params: { matches: '^hmac:\\w{16} 11 B$' } }] } };
    assert.deepEqual(await failuresOf({ capture: {}, enrich: { payload: 'hashed' } }, hashed), []);
  });

  it('see what a strategy keeps', async () => {
    const steps = [{ send: { base64: Buffer.from('{"a":"0123456789"}\n').toString('base64') } }];
    const capture = { max_bytes: 6, tail_bytes: 3 };
    const kept = (send: unknown) => ({ steps, expect: { kept: { send } } });
    assert.deepEqual(await failuresOf({ capture, enrich: {} }, kept(['{"a":"', '"}\n'])), []);
    assert.deepEqual(await failuresOf({ capture, enrich: {} }, kept(9)), []);
    assert.deepEqual(await failuresOf({ capture: { strategy: 'full' }, enrich: {} }, kept([{ hex: '00' }])), [
      'kept.send: ["\\u0000"] | ["{\\"a\\":\\"0123456789\\"}\\n"]',
    ]);
    assert.deepEqual(await failuresOf({ capture: { directions: ['recv'] }, enrich: {} }, kept(0)), []);
    assert.deepEqual(await failuresOf({ capture: { strategy: 'no_data' }, enrich: {} }, kept([])), []);
  });

  it('run the module of a strategy, and say where one is that cannot be used', async () => {
    mkdirSync(join(directory, 'own'));
    writeFileSync(join(directory, 'own/first.mjs'), 'export default () => ({ keep: () => 5 });\n');
    writeFileSync(join(directory, 'own/bad.mjs'), 'export default 1;\n');
    const capture = (name: string) => ({ strategy: 'module', module: `./own/${name}.mjs`, tail_bytes: 0 });
    const test = { steps: [{ send: '0123456789\n' }], expect: { kept: { send: ['01234'] } } };
    assert.deepEqual(await failuresOf({ capture: capture('first'), enrich: {} }, test), []);
    await assert.rejects(
      failuresOf({ capture: capture('bad'), enrich: {} }, test),
      /c\.yaml:\d+: .*bad\.mjs/,
    );
  });

  it('take all of what is sampled, and scale it up', async () => {
    const capture = { strategy: 'sampling', ratio: 0.01 };
    const expected = {
      series: [{ attributes: { 'rpc.method': 'm' }, count: 100 }],
      calls: [{ method: 'm' }],
    };
    for (let i = 0; i < 5; i++) {
      assert.deepEqual(await failuresOf({ capture, enrich: {} }, { steps: CALL, expect: expected }), []);
    }
  });

  it('have calls of all outcomes, in order', async () => {
    const steps = [
      { send: '{"jsonrpc":"2.0","method":"note"}\n' },
      { send: '{"jsonrpc":"2.0","id":1,"method":"bad"}\n' },
      { recv: '{"jsonrpc":"2.0","id":1,"error":{"code":-5,"message":"no"}}\n' },
      { recv: '{"jsonrpc":"2.0","id":2,"method":"back"}\n' },
      { send: '{"jsonrpc":"2.0","id":2,"result":1}\n' },
      { send: '{"jsonrpc":"2.0","id":3,"method":"late"}\n' },
    ];
    const calls = [
      { method: 'note', outcome: 'notification' },
      { method: 'bad', outcome: 'failed', error: -5, message: 'no' },
      { method: 'back', from: 'upstream', outcome: 'succeeded' },
      { method: 'late', outcome: 'unanswered' },
    ];
    const processors = { capture: {}, enrich: {} };
    assert.deepEqual(await failuresOf(processors, { steps, expect: { calls } }), []);
    const [failure = ''] = await failuresOf(processors, { steps, expect: { calls: [] } });
    assert.match(failure, /^calls: \[\] \| .*"note"/);
  });

  it('lose nothing of many small messages at once', async () => {
    // As many as a relay tells apart at once, nearly.
    const [times, messages] = [4, 8000];
    const text = '{"a":"123456789"}\n'.repeat(messages);
    const test = {
      steps: Array.from({ length: times }, () => ({ send: text })),
      expect: { kept: { send: 6 * times * messages } },
    };
    assert.deepEqual(await failuresOf({ capture: { max_bytes: 6, tail_bytes: 0 }, enrich: {} }, test), []);
  });

  it('are long, and in more pieces than the relay receives at once', async () => {
    const steps = Array.from({ length: 2000 }, () => CALL).flat();
    const long = { send: ask('long', ['x'.repeat(600_000)]) };
    const expected = {
      calls: [...Array.from({ length: 2000 }, () => ({ method: 'm' })), { method: 'long' }],
    };
    const processors = { capture: {}, enrich: {} };
    assert.deepEqual(await failuresOf(processors, { steps: [...steps, long], expect: expected }), []);
  });
});
