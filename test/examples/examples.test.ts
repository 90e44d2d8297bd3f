import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { startProcess } from '../support/process.js';

describe('examples', () => {
  const cleanup = useCleanup();

  it('embedded: an SDK of the program itself collects the counters', async () => {
    const example = await startProcess({
      command: process.execPath,
      args: [repositoryPath('dist/examples/embedded/main.js')],
    });
    assert.equal((await example.exited).code, 0, example.describe());
    assert.match(example.output, /^uds\.send_bytes .*"container\.id":"c1".* 12$/m);
    assert.match(example.output, /^uds\.recv_bytes .* 12$/m);
  });

  it('monitor: a program records, drains and counts what it sees', async () => {
    const example = await startProcess({
      command: process.execPath,
      args: [repositoryPath('dist/examples/monitor/main.js')],
    });
    assert.equal((await example.exited).code, 0, example.describe());
    assert.match(example.output, /^c1 sent 64 B to \/run\/geth\.ipc, method eth_blockNumber$/m);
    assert.match(example.output, /^uds\.send_ops .* 3$/m);
  });

  it('demo: runs with the sample configuration, takes a call by hand, ends on Ctrl-C', async () => {
    const directory = cleanup.directory();
    const demo = await startProcess({
      command: process.execPath,
      args: [
        repositoryPath('dist/examples/demo/main.js'),
        '--set',
        'exporters.prometheus.endpoint=localhost:0',
        '--set',
        'extensions.dashboard.endpoint=localhost:0',
      ],
      env: { XDG_RUNTIME_DIR: directory },
    });
    cleanup.defer(() => demo.kill());
    await demo.waitForOutput('The demo runs');
    const relayPath = `${directory}/udscope/sockets/demo/demo.sock`;
    const call = await startProcess({
      command: process.execPath,
      args: [repositoryPath('dist/examples/demo/call.js'), relayPath, 'demo_echo', 'hello'],
    });
    assert.equal((await call.exited).code, 0, call.describe());
    assert.deepEqual(JSON.parse(call.output), { jsonrpc: '2.0', id: 1, result: ['hello'] });
    const url = /http:\/\/\S+\/metrics/.exec(demo.output)?.[0] ?? assert.fail(demo.describe());
    const metrics = await (await fetch(url)).text();
    assert.match(metrics, /^uds_send_ops_total\{uds_socket_name="demo".*container_id="demo".*\} [1-9]/m);
    const dashboard = /http:\/\/\S+(?=\/\s)/.exec(/dashboard at .*/.exec(demo.output)?.[0] ?? '')?.[0];
    assert.match(await (await fetch(`${dashboard}/`)).text(), /<title>udscope<\/title>/);
    assert.equal((await fetch(`${dashboard}/v1/history`)).status, 200);
    const analyzer = await startProcess({
      command: process.execPath,
      args: [
        repositoryPath('dist/examples/analyzer/main.js'),
        `${directory}/udscope/private/control.sock`,
        '1',
      ],
    });
    cleanup.defer(() => analyzer.kill());
    await analyzer.waitForOutput('demo-clients');
    // What the analyzer has been told of was counted before.
    const counted = await (await fetch(url)).text();
    assert.match(counted, /^uds_method_calls_total\{.*rpc_method="demo_echo".*\} 1$/m);
    demo.signal('SIGINT');
    assert.equal((await demo.exited).code, 0, demo.describe());
    assert.ok(!existsSync(relayPath));
  });
});
