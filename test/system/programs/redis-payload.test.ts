import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import type { CallEvent, LiveEvent } from '../../../src/processors/enrich/events.js';
import { OtlpReceiver } from '../../exporters/support/otlp-receiver.js';
import { CapturingAgent } from '../../support/capturing-agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { startCommand } from '../../support/udscope.js';
import { findTool, requireTool } from '../support/requirements.js';

/** What every password has in it, and what keys and values have. */
const SECRET = 'hunter2';
const VALUE = 'quince';

/** Commands with passwords, or whose replies have them. */
const SECRETIVE: readonly (readonly [string, ...string[]])[] = [
  ['CONFIG', 'SET', 'requirepass', SECRET],
  ['CONFIG', 'SET', 'masterauth', SECRET],
  ['CONFIG', 'GET', 'requirepass'],
  ['CONFIG', SECRET],
  ['AUTH', SECRET],
  ['AUTH', 'default', `${SECRET}-wrong`],
  ['auth', SECRET, SECRET, SECRET],
  ['HELLO', '2', 'AUTH', 'default', SECRET],
  ['ACL', 'SETUSER', 'bob', `>${SECRET}`],
  ['ACL', 'DRYRUN', 'default', 'AUTH', SECRET],
  ['ACL', 'LOG'],
  ['MIGRATE', '127.0.0.1', '1', 'nokey', '0', '10', 'AUTH', SECRET],
  ['MIGRATE', '127.0.0.1', '1', '', '0', '10', 'AUTH2', 'u', SECRET, 'KEYS', 'nokey'],
  ['SENTINEL', 'SET', 'm', 'auth-pass', SECRET],
  ['COMMAND', 'GETKEYS', 'MIGRATE', '127.0.0.1', '1', 'k', '0', '10', 'AUTH', SECRET],
  ['COMMAND', 'GETKEYS', 'SET', SECRET, SECRET],
  ['MODULE', 'LOADEX', '/none', 'CONFIG', 'password', SECRET],
  ['b840fc02d524045429941cc15f59e41cb7be6c52', SECRET],
  [SECRET],
  ['CONFIG', 'SET', 'requirepass', ''],
];

/** All that is called, with what clients ask first. */
const CALLS = SECRETIVE.length + 17;

describe('payload of Redis', () => {
  requireTool('redis-server', 'apt-get install redis-server');
  const cleanup = new Cleanup();
  let receiver: OtlpReceiver;
  let agent: CapturingAgent;

  afterEach(() => cleanup.run());

  /** What a client has said with so much shown: the calls, and all that left the agent as text. */
  async function say(payload: string): Promise<{ calls: CallEvent[]; shown: string[] }> {
    receiver = await new OtlpReceiver().listen();
    cleanup.defer(() => receiver.close());
    agent = await new CapturingAgent(cleanup).start({
      capture: { strategy: 'full', directions: ['send', 'recv'] },
      enrich: { payload },
      otlphttp: { endpoint: receiver.url, encoding: 'json', compression: 'none' },
    });
    const args = ['--port', '0', '--unixsocket', agent.upstream, '--save', '', '--dir', agent.directory];
    const server = await startProcess({ command: findTool('redis-server') ?? 'redis-server', args });
    cleanup.defer(() => server.kill());
    await waitFor('redis-server to listen', () => isListening(agent.upstream), { process: server });
    const client = new Redis({ path: agent.listen });
    cleanup.defer(() => client.disconnect());
    await client.set(VALUE, VALUE);
    await client.get(VALUE);
    await client.lpush(VALUE, VALUE).catch(() => undefined);
    for (const [name, ...others] of SECRETIVE) await client.call(name, ...others).catch(() => undefined);
    await client
      .multi()
      .set('n', VALUE)
      .config('SET', 'requirepass', SECRET)
      .config('GET', 'requirepass')
      .exec();
    await client.config('SET', 'requirepass', '');
    const typed = await startProcess({
      command: 'bash',
      args: [
        '-c',
        'socat -t 1 - "UNIX-CONNECT:$0" <<< "$1"',
        agent.listen,
        `PING\nAUTH ${SECRET}\n"auth" "${SECRET}"\n${SECRET}`,
      ],
    });
    await typed.exited;
    await agent.waitForSum('uds_method_calls_total', CALLS);
    await agent.waitForSum('udscope_enrich_active_calls', 0);
    const tail = await startCommand({
      args: ['tail', '--control', agent.control, '--no-follow', '--last', '1000', '--json'],
    });
    cleanup.defer(() => tail.kill());
    assert.equal((await tail.exited).code, 0, tail.describe());
    const events = tail.output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LiveEvent);
    const calls = events.filter((event) => event.type === 'call');
    assert.equal(calls.length, await agent.sum('uds_method_calls_total'));
    await eventually(
      'spans are there',
      () => receiver.taken.flatMap(({ spans }) => spans).length >= calls.length,
    );
    const spans = receiver.taken.flatMap((request) => request.spans);
    return {
      calls,
      shown: [await agent.page(), agent.process.output, tail.output, inspect(spans, { depth: null })],
    };
  }

  it('is nowhere, with none', async () => {
    const { shown, calls } = await say('none');
    for (const text of shown) assert.doesNotMatch(text, new RegExp(`${SECRET}|${VALUE}`));
    assert.ok(calls.every(({ params, result }) => params === undefined && result === undefined));
  });

  it('is hashed without that of commands with passwords, with hashed', async () => {
    const { shown, calls } = await say('hashed');
    for (const text of shown) assert.doesNotMatch(text, new RegExp(`${SECRET}|${VALUE}`));
    assertShown(calls, /^hmac:[0-9a-f]{16} \d+ B$/);
  });

  it('is shown without that of commands with passwords, with raw', async () => {
    const { shown, calls } = await say('raw');
    for (const text of shown) assert.doesNotMatch(text, new RegExp(SECRET));
    for (const text of shown.slice(0, 2)) assert.doesNotMatch(text, new RegExp(VALUE));
    assertShown(calls, new RegExp(VALUE));
    const set = calls.find(({ method }) => method === 'SET');
    assert.equal(set?.params, `${VALUE} ${VALUE}`);
  });
});

/** What is shown of keys and values looks so, and nothing is of commands with passwords. */
function assertShown(calls: readonly CallEvent[], look: RegExp): void {
  const parts = (method: string) =>
    calls.filter((call) => call.method === method).flatMap(({ params, result }) => [params, result]);
  for (const part of [...parts('SET').slice(0, 1), ...parts('GET'), ...parts('LPUSH').slice(0, 1)])
    assert.match(part ?? '', look);
  for (const method of [
    'AUTH',
    'HELLO',
    'CONFIG SET',
    'CONFIG GET',
    'CONFIG',
    'ACL SETUSER',
    'MIGRATE',
    'COMMAND GETKEYS',
    'EXEC',
    '_OTHER',
  ]) {
    const shown = parts(method);
    assert.ok(shown.length > 0, method);
    assert.ok(
      shown.every((part) => part === undefined),
      `${method}: ${inspect(shown)}`,
    );
  }
}
