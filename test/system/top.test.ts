/** `udscope top` on a real terminal: what it shows, what keys do, and that the terminal is as it was, however it ends. */
import assert from 'node:assert/strict';
import { soon } from '../exporters/support/exporter-fixture.js';
import { AgentInMemory } from '../extensions/control/agent-in-memory.js';
import { call, EventLog } from '../extensions/control/event-log.js';
import { startControl } from '../extensions/control/fixture.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { PseudoTerminal } from './support/pseudo-terminal.js';
import { requireTool } from './support/requirements.js';

const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?1049l';

describe('udscope top on a terminal', () => {
  const cleanup = useCleanup();
  let agent: AgentInMemory;
  let control: Awaited<ReturnType<typeof startControl>>;

  requireTool('python3', 'apt-get install python3');

  const wallet = { 'container.id': 'c0ffee000000', 'container.name': 'wallet' };

  beforeEach(async () => {
    agent = new AgentInMemory();
    const log = new EventLog();
    log.push(
      call({ container: wallet, errorType: '-32000', errorMessage: 'execution reverted\x1b]0;x\x07' }),
    );
    control = await startControl(cleanup, log, { agent });
    count();
  });

  function count(): void {
    agent.counted.called('eth_call', { container: wallet, client: wallet, count: 100, ms: 20 });
    agent.counted.relayed({ container: wallet, client: wallet, sendBytes: 8192 });
  }

  async function start(...args: string[]): Promise<PseudoTerminal> {
    const terminal = await PseudoTerminal.start(
      ['top', '--control', control.socket, '--interval', '200ms', ...args],
      { columns: 130, rows: 20, env: { TERM: 'xterm-256color', NO_COLOR: '' } },
    );
    cleanup.defer(() => terminal.kill());
    return terminal;
  }

  it('goes from containers to the last calls of a method, and back', async () => {
    const terminal = await start();
    await terminal.shows(/^›wallet +jsonrpc/m);
    terminal.type('\r');
    await terminal.shows(/^containers › wallet/m);
    await terminal.shows(/^›geth +jsonrpc/m);
    terminal.type('\r');
    await terminal.shows(/^›.*eth_call/m);
    terminal.type('\r');
    await terminal.shows(/eth_call .* error -32000: execution reverted\\u\{1b\}\]0;x/);
    terminal.type('\x1b');
    await terminal.shows(/^›.*eth_call/m);
    terminal.type('?');
    await terminal.shows(/q Ctrl-C +quit/);
    terminal.type('?/nothing\r');
    await terminal.shows(/nothing has such a name/);
    terminal.type('q');
    assert.equal((await terminal.exited).code, 0);
    await terminal.assertGivenBack();
  });

  it('shows rates, and other sizes of the window', async () => {
    const terminal = await start('--view', 'methods');
    const counting = setInterval(count, 50);
    cleanup.defer(() => clearInterval(counting));
    await terminal.shows(/eth_call +(?:[1-9]\d+|\d\.\d+k) .* 17\.5 ms/);
    terminal.resize(60, 10);
    await eventually('it is narrow', () => terminal.screen().every((line) => [...line].length <= 60));
    await terminal.shows(/^›wallet +geth +eth_call .* 24\.9 ms$/m);
    terminal.resize(140, 30);
    await terminal.shows(/UNKN\/S.*TREND/);
    terminal.type('\x03');
    assert.equal((await terminal.exited).code, 0);
  });

  it('says that an agent is gone, and goes on with the next', async () => {
    const terminal = await start();
    await terminal.shows(/^›wallet/m);
    await control.extension.shutdown(soon());
    await terminal.shows(/no agent answers at .*; is udscope running/);
    await startControl(cleanup, undefined, { agent, socket: control.socket });
    await eventually('it says so no more', () => !terminal.screen().join('\n').includes('no agent'));
    await terminal.shows(/^›wallet/m);
    terminal.type('q');
    assert.equal((await terminal.exited).code, 0);
  });

  for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
    it(`gives the terminal back on ${signal}, and ends by it`, async () => {
      const terminal = await start();
      await terminal.shows(/^›wallet/m);
      terminal.signal(signal);
      assert.equal((await terminal.exited).signal, signal);
      await terminal.assertGivenBack();
    });
  }

  it('gives the terminal to a shell when it is suspended, and takes it again', async () => {
    const terminal = await start();
    await terminal.shows(/^›wallet/m);
    const said = terminal.output.length;
    terminal.type('\x1a');
    await eventually('it has left and entered', () => {
      const later = terminal.output.slice(said);
      return later.includes(LEAVE) && later.lastIndexOf(ENTER) > later.indexOf(LEAVE);
    });
    await terminal.shows(/^›wallet/m);
    terminal.type('q');
    assert.equal((await terminal.exited).code, 0);
  });

  it('does not wait for a terminal that is stopped, and leaves it', async () => {
    const terminal = await start('--view', 'methods', '--interval', '100ms');
    await terminal.shows(/eth_call/);
    terminal.stopReading();
    for (let i = 0; i < 400; i++) agent.counted.called(`method_with_a_long_name_${i}`, { count: i + 1 });
    const looks = agent.usageLooks;
    // Far more than the terminal has room for is shown meanwhile.
    await eventually('it goes on looking', () => {
      for (let i = 0; i < 400; i++) agent.counted.called(`method_with_a_long_name_${i}`, { count: 1 });
      return agent.usageLooks > looks + 20;
    });
    terminal.signal('SIGTERM');
    assert.equal((await terminal.exited).signal, 'SIGTERM');
  });
});
