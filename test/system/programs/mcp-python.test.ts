import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Counts } from '../../support/capturing-agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { builtTool } from '../support/built-tool.js';

const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** Where the programs in Python are; this file is in dist. */
const SCRIPTS = fileURLToPath(new URL('../../../../test/system/python/', import.meta.url));

/** What such a program leaves behind where its sources are. */
const NO_CACHE = { PYTHONDONTWRITEBYTECODE: '1' };

/** As mcp_client.py prints it. */
interface Printed {
  readonly calls: Counts;
  readonly answers: Counts;
  readonly seconds: Counts;
  readonly identities: readonly string[];
}

describe("clients and servers of MCP's SDK for Python", () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  let python: string;

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS);
    python = join(await builtTool('python/install.sh'), 'python');
  });

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    // `auto` has what came with the protocol of 2026: no sessions, and JSON unless something comes before the result.
    for (const mode of ['legacy', 'auto']) {
      it(`are told as the client knows it in mode ${mode}, with ${kept} captured`, async () => {
        const agent = await new TellingAgent(cleanup).start({ capture });
        await serve(agent.upstream);
        const client = await converse(agent.listen, mode);
        const asked = client.calls['elicitation/create unknown'];
        const doubts = asked === undefined ? {} : { 'unknown_outcomes answered_elsewhere': asked };
        await agent.assertTrue({ client, identities: client.identities, doubts });
      });
    }
  }

  it('are told where answers are JSON, too', async () => {
    const agent = await new TellingAgent(cleanup).start({});
    await serve(agent.upstream, { JSON_RESPONSE: '1' });
    const client = await converse(agent.listen, 'auto');
    await agent.assertTrue({ client, identities: client.identities });
  });

  async function serve(path: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const args = ['-m', 'uvicorn', '--app-dir', SCRIPTS, '--uds', path, 'mcp_server:app'];
    const server = await startProcess({
      name: 'uvicorn',
      command: python,
      args,
      env: { ...NO_CACHE, ...env },
    });
    cleanup.defer(() => server.kill());
    await waitFor('the server to listen', () => existsSync(path), { process: server });
  }

  async function converse(path: string, mode: string): Promise<Printed> {
    const args = [join(SCRIPTS, 'mcp_client.py'), path, mode];
    const client = await startProcess({ name: 'mcp_client.py', command: python, args, env: NO_CACHE });
    cleanup.defer(() => client.kill());
    const { code } = await client.exited;
    if (code !== 0) throw new Error(client.describe());
    return JSON.parse(client.output.trimEnd().split('\n').at(-1)!) as Printed;
  }
});
