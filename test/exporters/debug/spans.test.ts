import assert from 'node:assert/strict';
import type { DebugExporterConfig } from '../../../src/exporters/debug/config.js';
import { createDebugExporter } from '../../../src/exporters/debug/index.js';
import type { CallData } from '../../../src/telemetry/call-data.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { Agent, soon } from '../support/exporter-fixture.js';
import { SpanFeed, span } from '../support/span-feed.js';

describe('spans of the debug exporter', () => {
  const cleanup = useCleanup();
  let feed: SpanFeed;
  let agent: Agent;

  beforeEach(() => {
    feed = new SpanFeed();
    agent = new Agent({ spans: [feed], metrics: false });
  });

  const start = async (verbosity: DebugExporterConfig['verbosity'], interval = 60_000) => {
    const exporter = createDebugExporter({ verbosity, interval }, agent.context);
    cleanup.defer(() => exporter.shutdown(soon()));
    await exporter.start();
    return exporter;
  };

  const print = async (verbosity: DebugExporterConfig['verbosity'], ...spans: CallData[]) => {
    const exporter = await start(verbosity);
    feed.give(...spans);
    await exporter.shutdown(soon());
    return agent.logged('info');
  };

  it('are counted when it is to be basic, every interval in which some came', async () => {
    await start('basic', 10);
    feed.giveMany(3);
    await eventually('they are counted', () => agent.log.length === 1);
    feed.giveMany(2);
    await eventually('these too', () => agent.log.length === 2);
    assert.deepEqual(agent.logged('info'), ['3 spans', '2 spans']);
    assert.deepEqual(agent.health, { spans: 5 });
  });

  it('are counted once more at the end, and no more', async () => {
    assert.deepEqual(await print('basic', span(), span()), ['2 spans']);
    feed.give(span());
    assert.equal(feed.listeners, 0);
    assert.deepEqual(agent.health, { spans: 2 });
  });

  it('have a line each when it is to be normal', async () => {
    const lines = await print(
      'normal',
      span(),
      span({ kind: 'client', error: 'out of gas' }),
      span({ error: '' }),
    );
    assert.deepEqual(lines, [
      'span eth_call server 1.25ms',
      'span eth_call client 1.25ms error "out of gas"',
      'span eth_call server 1.25ms error',
    ]);
  });

  it('tell all when it is to be detailed', async () => {
    const [line] = await print(
      'detailed',
      span({ parentSpanId: '00f067aa0ba902b7', traceState: 'vendor=1', error: 'out of gas' }),
    );
    const ids = 'trace 0af7651916cd43dd8448eb211c80319c span b7ad6b7169203331 parent 00f067aa0ba902b7';
    assert.equal(
      line,
      `span eth_call{rpc.system.name="jsonrpc"} server 1.25ms since 2023-11-14T22:13:20.000Z ${ids} state "vendor=1" error "out of gas"`,
    );
  });

  it('show no control character', async () => {
    for (const verbosity of ['normal', 'detailed'] as const) {
      const hostile = 'a\n\u001b[31m\u202e';
      await print(verbosity, span({ name: hostile, error: hostile, attributes: { [hostile]: hostile } }));
    }
    assert.equal(agent.log.length, 2);
    for (const { msg } of agent.log) assert.match(msg, /^[\x20-\x7e]*$/);
  });

  it('are printed beside log records, which have a line each, too', async () => {
    const attributes = { 'error.type': '-32000' };
    const calls = [span({ logAttributes: {} }), span({ logAttributes: {}, attributes, error: 'out of gas' })];
    agent = new Agent({ logs: [feed], metrics: false });
    assert.deepEqual(await print('normal', ...calls), [
      'log INFO eth_call',
      'log ERROR eth_call failed: -32000 out of gas',
    ]);
    agent = new Agent({ spans: [feed], logs: [feed], metrics: false });
    assert.deepEqual((await print('basic', ...calls)).sort(), ['2 log records', '2 spans']);
    assert.deepEqual(agent.health, { spans: 2, logs: 2 });
    agent = new Agent({ logs: [feed], metrics: false });
    const hostile = 'a\n\u001b[31m';
    const [line] = await print('detailed', span({ name: hostile, logAttributes: { [hostile]: hostile } }));
    assert.match(
      line,
      /^log INFO a[\x20-\x7e]* at 2023-11-14T22:13:20.001Z trace [0-9a-f]{32} span [0-9a-f]{16}$/,
    );
  });

  it('are printed beside metrics', async () => {
    agent = new Agent({ spans: [feed] });
    agent.relay('geth');
    assert.deepEqual((await print('basic', span())).sort(), ['1 spans', '6 metrics, 6 data points']);
  });
});
