import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentInMemory } from '../extensions/control/agent-in-memory.js';
import { eventually } from '../support/eventually.js';
import { type Commanded, useCommands } from './support/commands.js';

describe('udscope top, without a terminal', () => {
  const commands = useCommands();
  let agent: AgentInMemory;
  const outputOf: Commanded['outputOf'] = (...args) => commands.current().outputOf(...args);

  const wallet = { 'container.id': '0123456789abcdef', 'container.name': 'wallet\x1b[2J' };
  const indexer = { 'container.id': 'fedcba9876543210', 'container.name': 'indexer' };
  const of = (container: Readonly<Record<string, string>>) => ({ container, client: container });

  /** Counts what is called while a command measures. */
  function count(): void {
    const { counted } = agent;
    counted.called('eth_call', { ...of(wallet), count: 400, ms: 20, sendBytes: 4096 });
    counted.called('eth_call', { ...of(wallet), count: 4, ms: 20, outcome: { 'error.type': '-32000' } });
    counted.called('eth_chainId', { ...of(indexer), count: 40, ms: 1 });
    counted.relayed({ ...of(wallet), sendBytes: 8192, opened: 2 });
    counted.relayed({ ...of(indexer), socket: 'docker', path: '/run/docker.sock', recvBytes: 100 });
  }

  beforeEach(() => {
    ({ agent } = commands.current());
    count();
  });

  /** What a command says of an interval in which as much is called as before. */
  async function measured(...args: string[]): Promise<string> {
    const command = await commands.current().startCommand('top', '--interval', '400ms', ...args);
    await eventually('the first look', () => agent.usageLooks === 1);
    count();
    const { code } = await command.exited;
    assert.equal(code, 0, command.output);
    return command.output;
  }

  it('prints a table of one interval', async () => {
    const [titles, first, second, ...rest] = (await measured()).split('\n');
    assert.match(
      titles ?? '',
      /^CONTAINER +PROTOCOL +CALLS\/S +ERR\/S +UNKN\/S +BYTES\/S +AVG +P50 +P95 +P99$/,
    );
    // Half a second or so, and more on a busy machine.
    assert.match(
      first ?? '',
      /^wallet\\u\{1b\}\[2J +jsonrpc +[\d.]+ +[\d.]+ +0 +[\d.]+ (?:KiB|B) +20\.0 ms +17\.5 ms +24\.3 ms +24\.9 ms$/,
    );
    assert.match(second ?? '', /^indexer +jsonrpc .* 1\.00 ms +<5 ms +<5 ms +<5 ms$/);
    assert.deepEqual(rest, ['']);
  });

  it('shows sockets and methods, in the order and as many as are wanted', async () => {
    assert.match(await measured('--view', 'sockets'), /^SOCKET .*\ngeth .*\ndocker .* 0 +0 +0 /);
    agent.usageLooks = 0;
    const methods = await measured('--view', 'methods', '--sort', 'name', '--limit', '1');
    assert.match(
      methods,
      /^CONTAINER +SOCKET +PROTOCOL +METHOD .*\nindexer +geth +jsonrpc +eth_chainId .*\n$/,
    );
  });

  it('chooses as tail does, among methods where these are chosen', async () => {
    assert.match(
      await measured('--method', '*chain*'),
      /METHOD .*\nindexer +geth +jsonrpc +eth_chainId .*\n$/,
    );
    agent.usageLooks = 0;
    assert.match(await measured('--container', '0123'), /^CONTAINER .*\nwallet.*\n$/);
    agent.usageLooks = 0;
    assert.match(await measured('--protocol', 'redis'), /^CONTAINER .*\n$/);
  });

  it('gives the same as JSON, once', async () => {
    const look = JSON.parse(
      await measured('--json', '--once', '--view', 'methods', '--container', 'indexer'),
    );
    assert.deepEqual([look.view, look.total, look.lines.length], ['methods', 1, 1]);
    assert.ok(look.intervalMs >= 400 && Math.abs(look.timeMs - Date.now()) < 60_000);
    const [{ rates, durations, counts, ...named }] = look.lines;
    assert.deepEqual(named, {
      container: indexer,
      ...{ socket: 'geth', path: '/run/geth.ipc', protocol: 'jsonrpc' },
      ...{ method: 'eth_chainId', from: 'container' },
    });
    assert.equal(counts.calls, 80);
    assert.ok(Math.abs(rates.calls * (look.intervalMs / 1000) - 40) < 1);
    assert.equal(durations.count, 40);
    assert.ok(Math.abs(durations.meanMs - 1) < 0.01);
  });

  it('gives an object a line for each interval, until it is interrupted', async () => {
    const command = await commands.current().startCommand('top', '--interval', '100ms', '--json');
    await eventually('three intervals', () => command.output.split('\n').length > 3);
    command.signal('SIGINT');
    assert.equal((await command.exited).code, 0);
    const looks = command.output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(looks.every(({ lines }) => lines.length === 2 && lines[0].rates.calls === 0));
  });

  it('ends when nobody reads it any more', async () => {
    const command = await commands.current().startPipe('top --interval 100ms --json', 'head -n 1');
    assert.equal((await command.exited).code, 0);
    await sleep(0);
    assert.equal(command.output.split('\n').length, 2);
  });

  it('refuses what it cannot do', async () => {
    const fails = (args: readonly string[], message: RegExp) =>
      commands.current().assertFails(['top', ...args], message);
    await fails(['--interval', '1ms'], /^--interval: give 100ms or more$/m);
    await fails(['--view', 'sockets', '--method', 'x'], /^--method and --protocol choose among methods; /);
    await fails(['--protocol', 'smtp'], /refuses: protocol: "smtp" is not a protocol: /);
    await fails(['--control', '/nothing/c.sock'], /^no agent answers at \/nothing\/c\.sock; /);
    const { code, output } = await commands.current().run('top', '--limit', '0');
    assert.deepEqual(
      [code, /'0' is invalid\. It is not a whole number from 1 to 1000\./.test(output)],
      [1, true],
    );
    assert.match((await commands.current().run('top', '--sort', 'x')).output, /Allowed choices are calls, /);
  });

  it('is as quick with an agent that has much', async () => {
    for (let i = 0; i < 5000; i++) agent.counted.called(`m${i}`, { count: i });
    const args = ['--json', '--once', '--interval', '100ms', '--method', 'm*', '--limit', '10'];
    const look = JSON.parse(await outputOf('top', ...args));
    assert.deepEqual([look.total, look.lines.length], [4999, 10]);
  });
});
