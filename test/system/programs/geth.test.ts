import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { startProcess } from '../../support/process.js';
import { RecordedIpcProvider } from '../../support/recorded-ethers.js';
import { repeat } from '../../support/repeat.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { builtTool } from '../support/built-tool.js';

/** Long enough for a first build on two cores with nothing in Go's caches. */
const BUILD_TIMEOUT_MS = 15 * 60_000;

/** So long a client has a subscription, while geth makes a block a second. */
const SUBSCRIBED_MS = { 'the first and last bytes of messages': 60_000, 'whole messages': 10_000 };

/** Code of the EVM that leaves so many zeros behind. */
const RETURNS = (bytes: number) => `0x61${bytes.toString(16).padStart(4, '0')}6000f3`;
const REVERTS = (bytes: number) => `0x61${bytes.toString(16).padStart(4, '0')}6000fd`;
/** Ends at once, whatever follows. */
const ENDS = (bytes: number) => `0x00${'5b'.repeat(bytes)}`;

describe('geth', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  let geth: string;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    geth = await builtTool('geth/build.sh');
  });

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`is told as ethers knows it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      await start(agent);
      const provider = new RecordedIpcProvider(agent.listen);
      cleanup.defer(() => provider.destroy());
      const blocks: number[] = [];
      await provider.on('block', (number: number) => void blocks.push(number));
      const untilMs = performance.now() + SUBSCRIBED_MS[kept as keyof typeof CAPTURES];
      while (performance.now() < untilMs) {
        await ask(provider);
        await sleep(500);
      }
      await provider.off('block');
      // ethers does not wait for it.
      await eventually('the subscription has ended', () => provider.record.calls['eth_unsubscribe'] === 1);
      await provider.send('rpc_modules', []);
      const { calls } = provider.record;
      assert.ok(calls['eth_subscription']! >= blocks.length && blocks.length > 5, JSON.stringify(calls));
      assert.ok(calls['eth_call 3']! > 5 && calls['eth_nope -32601']! > 5, JSON.stringify(calls));
      await agent.assertTrue({ client: provider.record, identities: provider.record.identities });
    });
  }

  /** A chain of one's own, with a block a second. */
  async function start(agent: TellingAgent): Promise<void> {
    const folders = ['--datadir', cleanup.directory(), '--ipcpath', agent.upstream];
    const args = ['--dev', '--dev.period', '1', ...folders, '--nodiscover', '--verbosity', '3'];
    const node = await startProcess({ name: 'geth', command: geth, args });
    cleanup.defer(() => node.stop());
    await node.waitForOutput('IPC endpoint opened', 60_000);
  }

  /** Calls of all lengths that succeed and fail, one by one and together. */
  async function ask(provider: RecordedIpcProvider): Promise<void> {
    const call = (data: string) => provider.send('eth_call', [{ data }, 'latest']);
    const block = (await provider.send('eth_getBlockByNumber', ['latest', true])) as { number: string };
    await Promise.all([
      call(RETURNS(20)),
      call(RETURNS(24_000)),
      call(ENDS(45_000)),
      assert.rejects(call(REVERTS(0))),
      assert.rejects(call(REVERTS(30_000))),
      assert.rejects(call(`0xfe${'00'.repeat(40_000)}`)),
      provider.send('web3_sha3', [ENDS(50_000)]),
      assert.rejects(provider.send('eth_nope', [])),
      assert.rejects(provider.send('eth_getBlockByNumber', [])),
      provider.send('eth_getLogs', [{ fromBlock: '0x0', toBlock: block.number }]),
      ...repeat(10, () => provider.send('eth_blockNumber', [])),
    ]);
  }
});
