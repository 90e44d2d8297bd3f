import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { CallEvent, LiveEvent } from '../../src/processors/enrich/events.js';
import { OtlpReceiver } from '../exporters/support/otlp-receiver.js';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';
import { startCommand } from '../support/udscope.js';

/** What nobody but client and service may know of. */
const SECRET = 'correct-horse-battery-staple';

describe('payload', () => {
  const cleanup = useCleanup();
  let receiver: OtlpReceiver;
  let agent: CapturingAgent;
  let client: LineClient;

  async function start(payload: string): Promise<void> {
    receiver = await new OtlpReceiver().listen();
    cleanup.defer(() => receiver.close());
    agent = await new CapturingAgent(cleanup).start({
      capture: { strategy: 'full', directions: ['send', 'recv'] },
      enrich: { payload },
      otlphttp: { endpoint: receiver.url, encoding: 'json', compression: 'none' },
    });
    await LineService.listen(cleanup, agent.upstream, ({ id, method, params }) => {
      const refusal = { error: { code: 5, message: 'no', data: params } };
      return JSON.stringify({ jsonrpc: '2.0', id, ...(method === 'fail' ? refusal : { result: params }) });
    });
    client = await LineClient.connect(cleanup, agent.listen);
  }

  /** Everything the live stream shows, as lines of JSON. */
  async function tail(): Promise<string> {
    const args = ['tail', '--control', agent.control, '--no-follow', '--last', '1000', '--json'];
    const command = await startCommand({ args });
    cleanup.defer(() => command.kill());
    assert.equal((await command.exited).code, 0, command.describe());
    return command.output;
  }

  async function calls(): Promise<CallEvent[]> {
    const events = (await tail())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LiveEvent);
    return events.filter((event) => event.type === 'call');
  }

  async function spans() {
    await eventually('spans are there', () => receiver.taken.length > 0);
    return receiver.taken.flatMap((request) => request.spans);
  }

  async function say(...params: unknown[]): Promise<void> {
    for (const each of params) {
      const before = client.answers.length;
      client.write(client.requests(['say'], each));
      await client.answered(before + 1);
    }
    await agent.waitForSum('udscope_enrich_active_calls', 0);
  }

  it('is nowhere but on the sockets, with none', async () => {
    await start('none');
    await say({ secret: SECRET });
    client.write(client.requests(['fail'], { secret: SECRET }));
    client.write(`{"jsonrpc":"2.0","method":"note","params":["${SECRET}"]}\n`);
    await client.answered(2);
    assert.ok(client.answers.every((line) => line.includes(SECRET)));
    await agent.waitForSum('uds_method_calls_total', 3);
    // A conversation that is no JSON-RPC, and one that is and ends in the middle.
    for (const text of [`${SECRET}\n\0${SECRET}\n`, `{"jsonrpc":"2.0","params":["${SECRET}"`]) {
      const other = await LineClient.connect(cleanup, agent.listen);
      other.write(text);
      await other.close();
    }
    await waitFor(
      'what is no message to be read',
      async () => (await agent.sum('udscope_enrich_undecodable_total')) >= 2,
    );
    const shown = [await agent.page(), await tail(), inspect(await spans(), { depth: null })];
    await client.close();
    await agent.process.kill();
    for (const text of [...shown, agent.process.output]) {
      assert.ok(text.includes('rpc'), text);
      assert.ok(!text.includes(SECRET), text);
    }
  });

  it('is shown as keyed hashes that are equal where it is, with hashed', async () => {
    await start('hashed');
    await say([SECRET], ['other'], [SECRET]);
    const [first, second, third] = await calls();
    for (const { params, result } of [first, second, third]) {
      assert.match(params ?? '', /^hmac:[0-9a-f]{16} \d+ B$/);
      // The service answers with what it was given.
      assert.equal(result, params);
    }
    assert.equal(first.params, third.params);
    assert.notEqual(first.params, second.params);
    const [span] = await spans();
    assert.equal(span.attributes['udscope.params'], first.params);
    assert.equal(span.attributes['udscope.result'], first.result);
    assert.ok(!(await tail()).includes(SECRET));
    assert.ok(!agent.process.output.includes(SECRET));
  });

  it('is shown to those who watch, and never in the log or in metrics, with raw', async () => {
    await start('raw');
    assert.match(
      agent.process.output,
      /WARN: .*udscope\.yaml:\d+: processors\.enrich\.payload: raw shows what is said on the sockets/,
    );
    await say([SECRET]);
    const [call] = await calls();
    assert.equal(call.params, JSON.stringify([SECRET]));
    assert.equal(call.result, JSON.stringify([SECRET]));
    const [span] = await spans();
    assert.equal(span.attributes['udscope.params'], call.params);
    for (const text of [agent.process.output, await agent.page()]) assert.ok(!text.includes(SECRET));
  });
});
