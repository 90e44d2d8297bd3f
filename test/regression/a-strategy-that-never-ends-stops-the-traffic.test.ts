import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';

/** Messages of so many bytes have a module do what it does first, of twice as many what is second, and so on. */
const STEP_BYTES = 1000;

/** Keeps everything of short messages, and does one of these things when it is asked about a long one. */
const LONG = (...statements: string[]) => `
import threads from 'node:worker_threads';
import { kill } from 'node:process';
const acts = [${statements.map((statement) => `(bytes) => { ${statement} }`).join(',\n')}];
export default () => ({
  keep(bytes) {
    acts[Math.floor(bytes / ${STEP_BYTES}) - 1]?.(bytes);
    return Infinity;
  },
});
`;

const FOR_EVER = 'for (;;);';

/** What a module may do that its thread does not survive. */
const FATAL: Readonly<Record<string, readonly [statement: string, words: RegExp]>> = {
  'loops for ever': [FOR_EVER, /does not come to an end within 2 s/],
  'uses up memory': [
    'const all = []; for (;;) all.push(new Array(1e6).fill(bytes));',
    /its thread has ended: .*memory|does not come to an end/,
  ],
};

/** What it is kept from, and what is said of it. */
const FORBIDDEN: readonly (readonly [statement: string, words: RegExp])[] = [
  ['process.exit(0);', /keep threw Error: a strategy may not call process\.exit/],
  ["kill(process.pid, 'SIGKILL');", /keep threw Error: a strategy may not call process\.kill/],
  ['process.abort();', /keep threw Error: a strategy may not call process\.abort/],
  ['Atomics.store = () => {};', /keep threw TypeError: Cannot assign to read only property 'store'/],
  ['Array.prototype.push = () => { throw 1; };', /keep threw TypeError: .* 'push'/],
  ['Object.prototype.get = () => 1;', /keep threw TypeError: Cannot add property get/],
];

/** What leaves the strategy as it is. */
const HARMLESS = [
  'threads.parentPort.close();',
  "for (const what of [1, 'x', null, { type: 'failed' }]) threads.parentPort.postMessage(what);",
  'for (const each of Object.values(threads.workerData)) each.close?.();',
  "Promise.reject(new Error('astray'));",
  "setTimeout(() => { throw new Error('astray'); });",
  "console.log('x'.repeat(1000)); console.error('y');",
];

describe("a strategy's module that", () => {
  const cleanup = useCleanup();
  let agent: CapturingAgent;
  let clients: LineClient[];

  beforeEach(() => {
    agent = new CapturingAgent(cleanup);
    clients = [];
  });

  async function connect(listen: string): Promise<LineClient> {
    const client = await LineClient.connect(cleanup, listen);
    clients.push(client);
    return client;
  }

  /** The agent would wait for its connections. */
  async function assertStops(): Promise<void> {
    for (const client of clients) await client.close();
    assert.deepEqual(await agent.process.stop(), { code: 0, signal: null });
  }

  async function start(source: string, sockets: readonly object[] = []): Promise<LineClient> {
    writeFileSync(join(agent.directory, 'own.mjs'), source);
    await agent.start({
      capture: { strategy: 'module', module: './own.mjs', directions: ['send', 'recv'] },
      receiver: { threads: 1 },
      sockets,
    });
    await LineService.listen(cleanup, agent.upstream);
    const client = await connect(agent.listen);
    await client.call('before');
    await agent.waitForSum('uds_method_calls_total', 1);
    return client;
  }

  function socket(number: number) {
    const listen = `${agent.listen}-${number}`;
    return { name: `rpc-${number}`, listen, upstream: agent.upstream, container: { id: `c-${number}` } };
  }

  /** A call of so many times STEP_BYTES, and a little more. */
  async function callLong(client: LineClient, steps = 1): Promise<void> {
    const before = client.answers.length;
    client.write(client.requests(['long'], ['x'.repeat(steps * STEP_BYTES)]));
    await client.answered(before + 1);
  }

  for (const [what, [statement, words]] of Object.entries(FATAL)) {
    it(`${what} costs its socket the capture, and nobody a byte`, async () => {
      const other = socket(1);
      const client = await start(LONG(statement), [other]);
      await callLong(client);
      await client.call('after', 'after');
      await agent.waitForSum('udscope_capture_faults_total', 1);
      assert.match(agent.process.output, /nothing of rpc is captured any more: /);
      assert.doesNotMatch(agent.process.output, /nothing of rpc-1 is captured any more: /);
      assert.match(agent.process.output, words);
      // The others are decided about as before, by a thread that was started for them.
      await (await connect(other.listen)).call('other', 'other');
      await waitFor('calls to be counted', async () => (await agent.calls())['other'] === 2);
      // It is captured again as soon as there is another strategy.
      await agent.reload({ receiver: { threads: 1 } });
      await client.call('again');
      await waitFor('calls to be counted', async () => (await agent.calls())['again'] === 1);
      assert.equal((await agent.calls())['before'], 1);
      await assertStops();
    });
  }

  it('does what it may not costs that socket the capture, and no other', async () => {
    const sockets = FORBIDDEN.map((_, i) => socket(i + 1));
    const client = await start(LONG(...FORBIDDEN.map(([statement]) => statement)), sockets);
    for (const [i, [, words]] of FORBIDDEN.entries()) {
      const offender = await connect(sockets[i].listen);
      await callLong(offender, i + 1);
      await offender.call('after');
      await agent.waitForSum('udscope_capture_faults_total', i + 1);
      const said = agent.process.output
        .split('\n')
        .find((line) => line.includes(`nothing of rpc-${i + 1} is`));
      assert.match(said ?? '', words);
    }
    await client.call('after');
    await agent.assertCalls({ before: 1, after: 1 });
    await assertStops();
  });

  it('does what concerns nobody goes on deciding', async () => {
    const client = await start(LONG(...HARMLESS));
    for (const i of HARMLESS.keys()) await callLong(client, i + 1);
    await client.call('after', 'after');
    await agent.assertCalls({ before: 1, long: HARMLESS.length, after: 2 });
    assert.equal(await agent.sum('udscope_capture_faults_total'), 0);
    assert.match(agent.process.output, /failed by itself, and is used as before: Error: astray/);
    await assertStops();
  });

  it('loops for ever does not hold up the end', async () => {
    const client = await start(LONG('for (;;);'));
    await callLong(client);
    const startMs = performance.now();
    client.close();
    assert.deepEqual(await agent.process.stop(), { code: 0, signal: null });
    assert.ok(performance.now() - startMs < 5000);
  });

  it('takes its time costs nobody else any', async () => {
    const client = await start(LONG('const end = Date.now() + 300; while (Date.now() < end);'));
    const startMs = performance.now();
    for (let i = 0; i < 5; i++) await callLong(client);
    await client.call('after');
    assert.ok(performance.now() - startMs < 1000);
    await agent.assertCalls({ before: 1, long: 5, after: 1 });
  });

  it('posts a verdict of its own is not believed', async () => {
    const source = `
      import { parentPort, workerData } from 'node:worker_threads';
      parentPort.postMessage({ problem: undefined });
      workerData.port?.postMessage({ problem: undefined });
      throw new Error('no use');`;
    writeFileSync(join(agent.directory, 'own.mjs'), source);
    const udscope = await agent.launch({ capture: { strategy: 'module', module: './own.mjs' } });
    assert.equal((await udscope.exited).code, 1, udscope.describe());
    assert.match(udscope.output, /own\.mjs: cannot be loaded: Error: no use/);
  });
});
