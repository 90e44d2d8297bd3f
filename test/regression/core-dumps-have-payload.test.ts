import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { useCleanup } from '../support/cleanup.js';
import { waitFor } from '../support/process.js';
import { RawListener } from '../support/raw-stream.js';
import { startCommand } from '../support/udscope.js';

/** Put together here, so that it is nowhere but in what is sent. */
const MARKER = ['payload', 'that', 'nobody', 'shall', 'read'].join('-');

const SIGABRT_LIMIT = 'ulimit -c unlimited';

/** Whether a process that aborts leaves a file in its own directory. */
function dumpsAreFiles(): boolean {
  return /^core(?:\.%p)?$/.test(readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim());
}

describe('a core dump of the agent', () => {
  const cleanup = useCleanup();

  it('has no payload, wherever that was', async function () {
    // With a program that takes the dumps, there is nothing to look at here.
    if (!dumpsAreFiles()) this.skip();
    const directory = cleanup.directory();
    const listen = join(directory, 'relay.sock');
    const upstream = RawListener.listen(join(directory, 'up.sock'), cleanup);
    const configuration = {
      receivers: {
        uds: {
          threads: 1,
          sockets: [{ name: 's', listen, upstream: upstream.path, protocol: 'jsonrpc', credentials: 'self' }],
        },
      },
      processors: { capture: { strategy: 'full' }, enrich: { payload: 'raw' } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: {
        pipelines: {
          metrics: { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] },
        },
      },
    };
    writeFileSync(join(directory, 'udscope.yaml'), stringify(configuration));
    const agent = await startCommand({
      args: ['run', '--config', join(directory, 'udscope.yaml')],
      cwd: directory,
      limit: SIGABRT_LIMIT,
      env: { UDSCOPE_CONTROL: join(directory, 'control.sock') },
    });
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
    const client = connect(listen);
    cleanup.defer(() => void client.destroy());
    client.on('error', () => {});
    // With the credentials of clients it would not be dumped at all, as long as fs.suid_dumpable is 0.
    // Decoded calls, one whose answer never comes, and what the upstream does not read: it is in every kind of memory.
    for (let id = 0; id < 50; id++)
      client.write(
        `${JSON.stringify({ jsonrpc: '2.0', id, method: `${MARKER}-${id}`, params: [MARKER] })}\n`,
      );
    client.write(Buffer.alloc(4 * 2 ** 20, MARKER));
    await upstream.accept(cleanup);
    const metrics = async () => (await fetch(/http:\/\/\S+\/metrics/.exec(agent.output)?.[0] ?? '')).text();
    await waitFor('it to be decoded', async () => /udscope_enrich_calls_total\S* 50\n/.test(await metrics()));
    agent.signal('SIGABRT');
    await agent.exited;
    const dump = readdirSync(directory).find((name) => name.startsWith('core'));
    assert.ok(dump !== undefined, 'there is a dump');
    assert.equal(readFileSync(join(directory, dump)).includes(MARKER), false);
  });
});
