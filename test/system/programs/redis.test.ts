import assert from 'node:assert/strict';
import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import { CapturingAgent } from '../../support/capturing-agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { findTool, requireTool } from '../support/requirements.js';

/** Calls, and how many of them have failed, by command. */
type Calls = Record<string, { calls: number; failed: number }>;

/** What the test itself asks, past the relay. */
const OF_TEST = ['INFO'];
/** With room for what a busy machine is slow to read. */
const CAPTURE = { ring_buffer: { entries: 65_536, max_bytes: '64MiB' } };

describe('Redis and its clients', () => {
  requireTool('redis-server', 'apt-get install redis-server');
  const cleanup = new Cleanup();
  let agent: CapturingAgent;

  beforeEach(async () => {
    agent = await new CapturingAgent(cleanup).start({ capture: CAPTURE });
    const args = ['--port', '0', '--unixsocket', agent.upstream, '--save', '', '--dir', agent.directory];
    const server = await startProcess({ command: findTool('redis-server') ?? 'redis-server', args });
    cleanup.defer(() => server.kill());
    await waitFor('redis-server to listen', () => isListening(agent.upstream), { process: server });
  });

  afterEach(() => cleanup.run());

  it('redis-benchmark: as many calls of each command as the server has counted', async () => {
    const options = ['-n', '1000', '-c', '10', '-q'];
    const tests = 'ping_inline,ping_mbulk,set,get,incr,lpush,rpop,sadd,hset,spop,zadd,lrange_100,mset';
    await run('redis-benchmark', [...options, '-t', tests]);
    await run('redis-benchmark', [...options, '-t', tests, '-P', '16', '--threads', '2']);
    await run('redis-benchmark', [...options, '-t', 'set,zadd', '-3', '-P', '5']);
    await assertAsServer();
    assert.deepEqual(await doubts(), {});
  });

  it('redis-cli: errors, transactions, scripts and subcommands', async () => {
    const lines = [
      'SET a x',
      'LPUSH a y',
      'GET',
      'NOSUCH secret',
      'CONFIG GET save',
      'XADD s * f v',
      'XINFO STREAM s',
      'OBJECT ENCODING a',
      'EVAL "return redis.error_reply(\'SECRET of a key\')" 0',
      'EVALSHA 0000000000000000000000000000000000000000 0',
      'MULTI\nSET a 1\nLPUSH a y\nINCR a\nEXEC',
      'MULTI\nSET a 1\nGET\nEXEC',
      'SELECT 3',
      'GET a',
      'CLIENT REPLY SKIP\nGET a\nGET a',
      'AUTH hunter2',
      'RESET\nGET a',
    ];
    // One connection in RESP3, without the replies that redis-cli waits for: what is piped goes line by line.
    const client = await startProcess({
      command: 'bash',
      args: ['-c', 'socat -t 2 - "UNIX-CONNECT:$0" <<< "$1"', agent.listen, lines.join('\n')],
    });
    await client.exited;
    await run('redis-cli', ['-3', 'GET', 'a']);
    await run('redis-cli', ['-n', '3', 'GET', 'a']);
    await run('redis-cli', ['--scan']);
    // These are told once for what has answered them, or are not known to the server.
    await assertAsServer(['_OTHER', 'SET', 'GET']);
    const told = await toldCalls();
    assert.deepEqual(told['_OTHER'], { calls: 1, failed: 1 });
    // Of two transactions the second was not carried out: its SET has no outcome, and the server has not counted it.
    assert.deepEqual([told['SET']?.calls, (await doubts())['unknown_outcomes no_outcome']], [3, 1]);
    const errors = await labels('error_type');
    assert.deepEqual(errors, ['ERR', 'EXECABORT', 'NOSCRIPT', 'WRONGTYPE', '_OTHER']);
    assert.deepEqual(await labels('db_namespace'), ['0', '3']);
    const page = JSON.stringify([...(await agent.metrics())]);
    assert.doesNotMatch(page, /secret|hunter2|SECRET/);
  });

  it('ioredis and node-redis, in RESP2 and RESP3: pipelines, transactions and subscriptions', async () => {
    const client = new Redis({ path: agent.listen, db: 2 });
    cleanup.defer(() => client.disconnect());
    const pipeline = client.pipeline();
    for (let i = 0; i < 200; i++)
      pipeline
        .set(`k${i}`, 'x'.repeat(i * 7))
        .get(`k${i}`)
        .lpush(`k${i}`, 'y');
    await pipeline.exec();
    await client.multi().set('n', 'x').incr('n').exec();
    const subscriber = client.duplicate();
    cleanup.defer(() => subscriber.disconnect());
    await subscriber.subscribe('a', 'b');
    for (let i = 0; i < 50; i++) await client.publish('a', `m${i}`);
    await subscriber.unsubscribe();
    await client.blpop('q', 0.1);
    const another = createClient({ RESP: 3, socket: { path: agent.listen, tls: false } });
    await another.connect();
    await another.clientTracking?.(true);
    await Promise.all(Array.from({ length: 100 }, (_, i) => another.get(`t${i % 5}`)));
    for (let i = 0; i < 5; i++) await client.set(`t${i}`, 'x');
    await another.close();
    await client.quit();
    await subscriber.quit();
    // Redis 7.0 does not know it, and counts nothing that it does not know.
    await assertAsServer(['CLIENT SETINFO']);
    assert.deepEqual(await doubts(), {});
  });

  /** A program that ends well, through the relay. */
  async function run(command: string, args: readonly string[]): Promise<void> {
    const program = await startProcess({
      command: findTool(command) ?? command,
      args: ['-s', agent.listen, ...args],
    });
    assert.equal((await program.exited).code, 0, program.describe());
  }

  /** The same calls and failures of each command as the server has counted, but for some. */
  async function assertAsServer(but: readonly string[] = []): Promise<void> {
    const left = (calls: Calls) =>
      Object.entries(calls).filter(([name]) => ![...OF_TEST, ...but].includes(name));
    const sorted = (calls: Calls) => Object.fromEntries(left(calls).sort());
    const served = sorted(await servedCalls());
    await waitFor(
      'calls to be told',
      async () => JSON.stringify(sorted(await toldCalls())) === JSON.stringify(served),
      {
        timeoutMs: 15_000,
      },
    ).catch(() => {
      // What is missing is told by the comparison.
    });
    assert.deepEqual(sorted(await toldCalls()), served);
  }

  async function servedCalls(): Promise<Calls> {
    const args = ['-s', agent.upstream, 'INFO', 'commandstats'];
    const direct = await startProcess({ command: findTool('redis-cli') ?? 'redis-cli', args });
    await direct.exited;
    const text = direct.output;
    const lines = text.matchAll(/^cmdstat_(\S+?):calls=(\d+),.*rejected_calls=(\d+),failed_calls=(\d+)/gm);
    return Object.fromEntries(
      Array.from(lines, ([, name, calls, rejected, failed]) => [
        name.toUpperCase().replace('|', ' '),
        { calls: Number(calls) + Number(rejected), failed: Number(rejected) + Number(failed) },
      ]),
    );
  }

  async function toldCalls(): Promise<Calls> {
    const told: Calls = {};
    for (const { labels: found, value } of (await agent.metrics()).get('uds_method_calls_total')?.samples ??
      []) {
      const name = found['db_operation_name'] ?? '?';
      told[name] ??= { calls: 0, failed: 0 };
      told[name].calls += value;
      if (found['error_type'] !== undefined) told[name].failed += value;
    }
    return told;
  }

  /** All values of a label of calls. */
  async function labels(name: string): Promise<string[]> {
    const samples = (await agent.metrics()).get('uds_method_calls_total')?.samples ?? [];
    return [...new Set(samples.flatMap(({ labels: found }) => found[name] ?? []))].sort();
  }

  /** What was missed or not understood, by metric and reason. */
  async function doubts(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const [name, { samples }] of await agent.metrics()) {
      if (!/undecodable|unmatched|unanswered_calls|unknown_outcomes|overwritten|dropped_records/.test(name))
        continue;
      for (const { labels: of, value } of samples) {
        const key = `${name.replace(/^udscope_(?:enrich_)?|_total$/g, '')} ${of['reason'] ?? ''}`.trim();
        if (value > 0) found[key] = (found[key] ?? 0) + value;
      }
    }
    return found;
  }
});
