import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { soon } from '../exporters/support/exporter-fixture.js';
import { call, EventLog, operation } from '../extensions/control/event-log.js';
import { startControl } from '../extensions/control/fixture.js';
import { useCleanup } from '../support/cleanup.js';
import { startProcess } from '../support/process.js';

const ANALYZER = fileURLToPath(new URL('../../examples/analyzer/main.js', import.meta.url));

describe('examples/analyzer', () => {
  const cleanup = useCleanup();

  it('prints calls and their mean duration by container and method, and ends with the agent', async () => {
    const log = new EventLog();
    const { socket, extension } = await startControl(cleanup, log);
    const analyzer = await startProcess({
      command: process.execPath,
      args: [ANALYZER, socket, '0.1'],
      name: 'analyzer',
    });
    cleanup.defer(() => analyzer.kill());
    await analyzer.waitForOutput('HTTP status 200');
    log.push(call({ durationMs: 1 }), call({ durationMs: 2 }), operation(), call({ method: 'other\x1b[0m' }));
    await analyzer.waitForOutput(/'wallet' +│ 'eth_call' +│ 2 +│ 1\.5 /);
    await analyzer.waitForOutput(/'other\\x1B\[0m' +│ 1 +│ 1\.5 /);
    await extension.shutdown(soon());
    assert.equal((await analyzer.exited).code, 0, analyzer.describe());
  });

  it('says why when no agent answers', async () => {
    const socket = `${cleanup.directory()}/absent.sock`;
    const analyzer = await startProcess({ command: process.execPath, args: [ANALYZER, socket] });
    assert.equal((await analyzer.exited).code, 1);
    assert.match(analyzer.output, /ENOENT/);
  });
});
