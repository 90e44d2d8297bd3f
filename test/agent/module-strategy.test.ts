import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CapturingAgent, type Counts } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { answer, LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';
import { repeat } from '../support/repeat.js';

/** Takes messages of at least so many bytes, whole. */
const BIG = `
export default ({ bytes: least }) => ({ keep: (bytes) => (bytes < least ? -1 : Infinity) });
`;

/** Is at fault when it is asked once too often. */
const TIRED = `
export default ({ calls }) => {
  let left = calls;
  return {
    keep() {
      if (left-- > 0) return Infinity;
      throw new Error('tired of it');
    },
  };
};
`;

const WARM = 'warm';

describe("a strategy of one's own", () => {
  const cleanup = useCleanup();
  let agent: CapturingAgent;

  beforeEach(() => {
    agent = new CapturingAgent(cleanup);
  });

  /** A module beside the configuration, where that looks for it, and a capture processor that has it. */
  function capturedBy(name: string, source: string, options: object = {}) {
    writeFileSync(join(agent.directory, name), source);
    return { strategy: 'module', module: `./${name}`, options, directions: ['send', 'recv'] };
  }

  /**
   * Waits until the strategy is in place: each relay thread loads it for itself, and relays meanwhile what is
   * not captured yet.
   */
  async function isInPlace(): Promise<void> {
    const client = await LineClient.connect(cleanup, agent.listen);
    const records = await agent.sum('udscope_ring_records_total');
    await waitFor('the strategy to capture something', async () => {
      const before = client.answers.length;
      client.write(client.requests([WARM], ['x'.repeat(500)]));
      await client.answered(before + 1);
      return (await agent.sum('udscope_ring_records_total')) > records;
    });
  }

  /** Without the calls that were only made to see whether they are captured. */
  async function assertCalls(expected: Counts): Promise<void> {
    let seen: unknown;
    await waitFor('the calls to be counted', async () => {
      const { [WARM]: _, ...others } = await agent.calls();
      seen = others;
      return isDeepStrictEqual(others, expected);
    }).catch(() => assert.deepEqual(seen, expected));
  }

  const lineOf = (text: string, words: string) =>
    text.split('\n').find((line) => line.includes(words)) ?? assert.fail(`${words} is not in ${text}`);

  it('decides what is captured', async () => {
    await agent.start({ capture: capturedBy('big.mjs', BIG, { bytes: 200 }) });
    const service = await LineService.listen(cleanup, agent.upstream, (request) =>
      answer({ ...request, method: request.method.padEnd(300) }),
    );
    await isInPlace();
    const client = await LineClient.connect(cleanup, agent.listen);
    client.write(client.requests(['small', 'large'], ['x'.repeat(80)]));
    client.write(client.requests(['large', 'small', 'large'], ['x'.repeat(200)]));
    await client.answered(5);
    assert.equal(service.calls['small'], 2);
    await assertCalls({ small: 1, large: 2 });
  });

  it('is out of the way once it throws, and the traffic goes on', async () => {
    const capture = capturedBy('tired.mjs', TIRED, { calls: 25 });
    await agent.start({ capture, receiver: { threads: 2 } });
    const service = await LineService.listen(cleanup, agent.upstream);
    const clients = await Promise.all(repeat(6, () => LineClient.connect(cleanup, agent.listen)));
    const expected = repeat(100, (i) => answer({ id: i + 1, method: 'call' }));
    for (const client of clients) {
      await client.call(...repeat(100, () => 'call'));
      assert.deepEqual(client.answers, expected);
    }
    assert.deepEqual(service.calls, { call: 600 });
    await agent.waitForSum('udscope_capture_faults_total', 1);
    assert.match(lineOf(agent.process.output, 'tired.mjs'), /keep threw Error: tired of it/);
    assert.equal(agent.process.output.split('tired of it').length, 2);
    // Whoever comes later is not captured either, until there is another strategy.
    const records = await agent.sum('udscope_ring_records_total');
    const late = await LineClient.connect(cleanup, agent.listen);
    await late.call('late');
    assert.equal(await agent.sum('udscope_ring_records_total'), records);
    await agent.reload({ receiver: { threads: 2 } });
    const again = await LineClient.connect(cleanup, agent.listen);
    await again.call('again');
    await agent.waitForSum('udscope_capture_faults_total', 1);
    await agent.until('the call to be told', async () => (await agent.calls())['again'] === 1);
  });

  for (const [what, source, words] of [
    ['does not exist', undefined, /cannot be loaded/],
    ['is not JavaScript', 'export default (', /cannot be loaded: SyntaxError/],
    ['makes nothing', 'export const strategy = {};', /has no default export that is a function/],
    ['throws', 'export default () => { throw new RangeError("not today"); };', /threw RangeError: not today/],
  ] as const) {
    it(`keeps the agent from starting when its module ${what}`, async () => {
      const capture = capturedBy('own.mjs', source ?? '');
      const named = source === undefined ? { ...capture, module: './absent.mjs' } : capture;
      const udscope = await agent.launch({ capture: named });
      assert.equal((await udscope.exited).code, 1, udscope.describe());
      const line = lineOf(udscope.output, `${agent.file}:`);
      assert.match(line, words);
      assert.match(line, /udscope\.yaml:\d+: .*(?:own|absent)\.mjs: /);
    });
  }

  it('is refused on a reload when it cannot be loaded, and the old one goes on', async () => {
    await agent.start({ capture: capturedBy('big.mjs', BIG, { bytes: 1 }) });
    await LineService.listen(cleanup, agent.upstream);
    await isInPlace();
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('before');
    await assert.rejects(
      agent.reload({ capture: capturedBy('broken.mjs', 'throw new Error("no use");') }),
      /nothing has changed:[\s\S]*broken\.mjs: cannot be loaded: Error: no use/,
    );
    await client.call('after');
    await assertCalls({ before: 1, after: 1 });
  });

  it('is loaded again when its file has changed', async () => {
    const noneAbove = BIG.replace('bytes < least', 'bytes > least');
    await agent.start({ capture: capturedBy('own.mjs', BIG, { bytes: 1 }) });
    await LineService.listen(cleanup, agent.upstream);
    await isInPlace();
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('before');
    await agent.reload({ capture: capturedBy('own.mjs', noneAbove, { bytes: 1 }) });
    await waitFor('nothing to be captured', async () => {
      const records = await agent.sum('udscope_ring_records_total');
      await client.call(WARM);
      return (await agent.sum('udscope_ring_records_total')) === records;
    });
    await client.call('left out');
    await agent.reload({ capture: capturedBy('own.mjs', `${BIG}// as before`, { bytes: 1 }) });
    await isInPlace();
    await (await LineClient.connect(cleanup, agent.listen)).call('after');
    await assertCalls({ before: 1, after: 1 });
  });
});
