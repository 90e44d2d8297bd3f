import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent } from '../support/agent.js';
import { useCleanup } from '../support/cleanup.js';

describe('names of threads', () => {
  const cleanup = useCleanup();

  it('are those of what they do, and the process keeps its arguments', async () => {
    const agent = new Agent(cleanup);
    const { process } = await agent.startWith({
      receivers: {
        uds: { threads: 1, sockets: [{ listen: `${agent.directory}/a/a.sock`, upstream: '/nowhere.sock' }] },
      },
      processors: { capture: {}, enrich: {} },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: {
        pipelines: {
          metrics: { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] },
        },
      },
    });
    const folder = `/proc/${process.pid}`;
    assert.equal(readFileSync(`${folder}/comm`, 'latin1'), 'udscope\n');
    assert.match(readFileSync(`${folder}/cmdline`, 'latin1'), /\0run\0--config\0/);
    const threads = readdirSync(`${folder}/task`).map((id) =>
      readFileSync(`${folder}/task/${id}/comm`, 'latin1').trim(),
    );
    const ours = threads.filter((name) => name.startsWith('udscope-')).sort();
    assert.deepEqual(ours, ['udscope-enrich', 'udscope-relay']);
  });
});
