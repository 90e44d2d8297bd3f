import assert from 'node:assert/strict';
import { CapturingAgent, sumOf } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';
import { repeat } from '../support/repeat.js';
import { startCommand } from '../support/udscope.js';

const METHODS = 10_000;

describe('method names in metrics', () => {
  const cleanup = useCleanup();

  async function start(
    enrich: object,
    capture?: object,
  ): Promise<{ agent: CapturingAgent; client: LineClient }> {
    const agent = await new CapturingAgent(cleanup).start({
      enrich,
      ...(capture === undefined ? {} : { capture }),
    });
    await LineService.listen(cleanup, agent.upstream);
    return { agent, client: await LineClient.connect(cleanup, agent.listen) };
  }

  it('are the first 200 of ten thousand, and _OTHER; nothing is lost', async () => {
    const { agent, client } = await start({});
    for (let i = 0; i < METHODS; i += 1000) await client.call(...repeat(1000, (n) => `method_${i + n}`));
    const expected = Object.fromEntries(repeat(200, (i) => [`method_${i}`, 1]));
    await agent.assertCalls({ ...expected, _OTHER: METHODS - 200 });
  });

  it('are those that are known, however late they come', async () => {
    const { agent, client } = await start({ methods: { known: ['late', 'never'], max: 2 } });
    await client.call(...repeat(100, (i) => `method_${i}`), 'late', 'late');
    await agent.assertCalls({ method_0: 1, method_1: 1, _OTHER: 98, late: 2 });
  });

  it('are none but the known ones where there is room for no others', async () => {
    const { agent, client } = await start({ methods: { known: ['known'], max: 0 } });
    await client.call('known', 'other', 'known', 'another');
    await agent.assertCalls({ known: 2, _OTHER: 2 });
  });

  it('are none where nothing is known', async () => {
    const { agent, client } = await start({ methods: { max: 0 } });
    await client.call('one', 'two');
    await agent.assertCalls({ _OTHER: 2 });
  });
});

describe('hostile method names', () => {
  const cleanup = useCleanup();
  const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

  /** What metrics make of each. */
  const NAMES = new Map([
    ['line\nfeed', 'line\\u{a}feed'],
    ['\x1b[31mred\x1b[0m', '\\u{1b}[31mred\\u{1b}[0m'],
    ['\x9b31m', '\\u{9b}31m'],
    ['"quotes" and \\', '"quotes" and \\'],
    ['a"} 1\nuds_send_bytes_total{x="y', 'a"} 1\\u{a}uds_send_bytes_total{x="y'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['', '_OTHER'],
    ['\u202etxt.exe', '\\u{202e}txt.exe'],
    ['nul\0byte', 'nul\\u{0}byte'],
    ['🧦 sock', '🧦 sock'],
  ]);

  it('leave the metrics readable, and the log and the live stream free of control characters', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call(...NAMES.keys());
    await agent.waitForSum('uds_method_calls_total', NAMES.size);
    const samples = (await agent.metrics()).get('uds_method_calls_total')?.samples ?? [];
    const shown = new Map(samples.map(({ labels, value }) => [labels['rpc_method'], value]));
    assert.deepEqual(shown, new Map([...NAMES.values()].map((name) => [name, 1])));
    for (const args of [[], ['--operations']]) {
      const tail = await startCommand({
        args: ['tail', '--control', agent.control, '--no-follow', '--last', '100', ...args],
      });
      cleanup.defer(() => tail.kill());
      assert.equal((await tail.exited).code, 0, tail.describe());
      assert.ok(tail.output.includes('quotes'), tail.output);
      for (const line of tail.output.trimEnd().split('\n')) assert.doesNotMatch(line, CONTROL);
    }
    for (const line of agent.process.output.trimEnd().split('\n')) assert.doesNotMatch(line, CONTROL);
  });

  it('of a megabyte cost no more than any other', async () => {
    const agent = await new CapturingAgent(cleanup).start({
      capture: { strategy: 'full', directions: ['send', 'recv'] },
    });
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('small', 'x'.repeat(1_000_000), 'small');
    await client.call('small');
    // Before the first of them is decoded, none is active either.
    await waitFor('all calls to be decoded', async () => (await agent.calls())['small'] === 3);
    await agent.waitForSum('udscope_enrich_active_calls', 0);
    const counts = await agent.calls();
    assert.equal(counts['small'], 3);
    assert.ok(sumOf(counts) <= 4);
    const longest = Math.max(...Object.keys(counts).map((name) => name.length));
    assert.ok(longest <= 1000, `${longest} characters`);
    assert.ok((await agent.page()).length < 100_000);
  });
});
