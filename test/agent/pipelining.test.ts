import assert from 'node:assert/strict';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { FAILURE_CODE, type LineRequest, LineService } from '../support/line-service.js';
import { repeat } from '../support/repeat.js';

describe('requests that are written in one go', () => {
  const cleanup = useCleanup();

  async function connectTo(agent: CapturingAgent): Promise<LineClient> {
    return LineClient.connect(cleanup, agent.listen);
  }

  /** Of each ten: six reads, three writes, and a failure. */
  const methodOf = (i: number) => (i % 10 < 6 ? 'read' : i % 10 < 9 ? 'write' : 'fail');

  for (const count of [300, 5000]) {
    it(`are all counted when there are ${count} and only what is sent is captured`, async () => {
      const agent = await new CapturingAgent(cleanup).start({ capture: { directions: ['send'] } });
      const service = await LineService.listen(cleanup, agent.upstream);
      const client = await connectTo(agent);
      await client.call(...repeat(count, methodOf));
      assert.equal(service.calls['read'], count * 0.6);
      const expected = {
        'read unknown': count * 0.6,
        'write unknown': count * 0.3,
        'fail unknown': count * 0.1,
      };
      await agent.assertCalls(expected, {});
    });

    it(`are all counted with outcome and duration when there are ${count} and both directions are captured`, async () => {
      const agent = await new CapturingAgent(cleanup).start();
      const service = await LineService.listen(cleanup, agent.upstream);
      const client = await connectTo(agent);
      await client.call(...repeat(count, methodOf));
      const expected = {
        read: count * 0.6,
        write: count * 0.3,
        [`fail ${FAILURE_CODE}`]: count * 0.1,
      };
      assert.deepEqual(service.calls, expected);
      await agent.assertCalls(expected);
      assert.equal(await agent.sum('udscope_enrich_unmatched_responses_total'), 0);
      assert.equal(await agent.sum('udscope_ring_overwritten_records_total'), 0);
    });
  }

  it('are told apart on many connections at a time', async () => {
    const agent = await new CapturingAgent(cleanup).start({ receiver: { threads: 2 } });
    await LineService.listen(cleanup, agent.upstream);
    const clients = await Promise.all(repeat(20, () => connectTo(agent)));
    await Promise.all(clients.map((client, i) => client.call(...repeat(50, () => `method_${i}`))));
    await agent.assertCalls(Object.fromEntries(repeat(20, (i) => [`method_${i}`, 50])));
  });
});

describe('messages that are larger than what is captured', () => {
  const cleanup = useCleanup();
  const SIZE = 100_000;

  const request = (id: number) =>
    `${JSON.stringify({ jsonrpc: '2.0', method: 'put', params: ['x'.repeat(SIZE)], id })}\n`;

  /** Answers ten requests at a time, the last one first, with the id at the end of each answer. */
  function answerTen() {
    const waiting: LineRequest[] = [];
    return (asked: LineRequest) => {
      waiting.unshift(asked);
      if (waiting.length < 10) return undefined;
      const answers = waiting.splice(0).map(({ id }) =>
        // Only those with odd ids are refused: whoever mistakes one answer for another is found out.
        Number(id) % 2 === 1
          ? { jsonrpc: '2.0', error: { code: FAILURE_CODE, message: 'odd' }, id }
          : { jsonrpc: '2.0', result: 'y'.repeat(SIZE), id },
      );
      return answers.map((answer) => JSON.stringify(answer)).join('\n');
    };
  }

  for (const buffer_size of ['4KiB', '256KiB']) {
    it(`are matched by ids at their ends, read through a buffer of ${buffer_size}`, async () => {
      const agent = await new CapturingAgent(cleanup).start({
        receiver: { buffer_size },
      });
      await LineService.listen(cleanup, agent.upstream, answerTen());
      const client = await LineClient.connect(cleanup, agent.listen);
      client.write(repeat(10, request).join(''));
      await client.answered(10);
      await agent.assertCalls({ put: 5, [`put ${FAILURE_CODE}`]: 5 });
      assert.equal(await agent.sum('udscope_enrich_unmatched_responses_total'), 0);
    });
  }

  it('are counted with their whole length', async () => {
    const agent = await new CapturingAgent(cleanup).start({
      capture: { directions: ['send', 'recv'], tail_bytes: 64 },
      receiver: { buffer_size: '4KiB' },
    });
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    for (let id = 0; id < 3; id++) {
      client.write(request(id));
      await client.answered(id + 1);
    }
    await agent.assertCalls({ put: 3 });
    const samples = (await agent.metrics()).get('uds_method_bytes_total')?.samples ?? [];
    const bytes = Object.fromEntries(samples.map(({ labels, value }) => [labels['uds_direction'], value]));
    // A message does not have the line feed behind it.
    assert.equal(bytes['send'], 3 * (request(0).length - 1));
    assert.equal(bytes['recv'], client.answers.join('').length);
  });

  it('lose their id, and are counted all the same, when no trailing bytes are kept', async () => {
    const agent = await new CapturingAgent(cleanup).start({ capture: { tail_bytes: 0 } });
    await LineService.listen(cleanup, agent.upstream, answerTen());
    const client = await LineClient.connect(cleanup, agent.listen);
    client.write(repeat(10, request).join(''));
    await client.answered(10);
    await client.close();
    await agent.waitForSum('uds_method_calls_total', 10);
    assert.deepEqual(await agent.calls(), { 'put unknown': 10 });
  });
});
