import assert from 'node:assert/strict';
import type { DebugExporterConfig } from '../../../src/exporters/debug/config.js';
import { createDebugExporter } from '../../../src/exporters/debug/index.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { Agent, soon } from '../support/exporter-fixture.js';

describe('debug exporter', () => {
  const cleanup = useCleanup();
  let agent: Agent;

  beforeEach(() => {
    agent = new Agent({ resource: { 'service.name': 'udscope' } });
  });

  /** The lines of one export, the one at shutdown. */
  const print = async (verbosity: DebugExporterConfig['verbosity']): Promise<string[]> => {
    const exporter = createDebugExporter({ verbosity, interval: 60_000 }, agent.context);
    await exporter.start();
    await exporter.shutdown(soon());
    return agent.logged('info');
  };

  it('counts what there is when it is to be basic', async () => {
    agent.relay('geth');
    agent.relay('docker');
    assert.deepEqual(await print('basic'), ['6 metrics, 12 data points']);
  });

  it('has a line for each data point when it is to be normal', async () => {
    agent.relay('geth').send(12_345);
    agent.relay('docker', { 'container.id': 'c1' }).receive(7);
    const lines = await print('normal');
    assert.equal(lines.length, 12);
    assert.equal(lines[0], 'uds.send_bytes{uds.socket.name="geth"} 12345');
    assert.equal(lines[3], 'uds.recv_bytes{uds.socket.name="docker",container.id="c1"} 7');
  });

  it('tells all when it is to be detailed', async () => {
    agent.relay('geth').send(12_345);
    const lines = await print('detailed');
    assert.equal(lines.length, 2 + 6 * 2);
    assert.equal(lines[0], 'resource{service.name="udscope"}');
    assert.equal(lines[1], 'scope udscope 1.2.3');
    const description = 'Bytes sent by the container to the upstream.';
    assert.equal(lines[2], `metric uds.send_bytes unit By, cumulative monotonic sum: ${description}`);
    assert.match(
      lines[3],
      /^uds\.send_bytes\{uds\.socket\.name="geth"\} 12345 since \d{4}-\d\d-\d\dT[\d:.]+Z$/,
    );
    assert.match(lines[10], /^metric uds\.connections\.active unit \{connection\}, cumulative sum: /);
  });

  it('shows no control character, nor what hides or reorders text', async () => {
    agent.relay('a\n"b"\\\u001b[31m\u007f\u009b\u202e\u2028c');
    const [line] = await print('normal');
    const name = 'a\\n\\"b\\"\\\\\\u001b[31m\\u{7f}\\u{9b}\\u{202e}\\u{2028}c';
    assert.equal(line, `uds.send_bytes{uds.socket.name="${name}"} 0`);
  });

  it('prints every interval', async () => {
    agent.relay('geth');
    const exporter = createDebugExporter({ verbosity: 'basic', interval: 10 }, agent.context);
    cleanup.defer(() => exporter.shutdown(soon()));
    await exporter.start();
    await eventually('it has printed three times', () => agent.logged('info').length >= 3);
  });

  it('prints nothing while there is nothing', async () => {
    assert.deepEqual(await print('detailed'), []);
  });
});
