import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Counts } from '../../support/capturing-agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { builtTool } from '../support/built-tool.js';

const INSTALL_TIMEOUT_MS = 5 * 60_000;

/** Where the programs in Python are; this file is in dist. */
const SCRIPTS = fileURLToPath(new URL('../../../../test/system/python/', import.meta.url));

/** What such a program leaves behind where its sources are. */
const NO_CACHE = { PYTHONDONTWRITEBYTECODE: '1' };

/** Calls of mcp_client.py whose result has `isError` between two long texts, as its SDK writes it: names in the order of the alphabet. */
const LONG_ECHOES = 5;
const HIDDEN = { 'unknown_outcomes truncated': LONG_ECHOES };
const ECHO = 'tools/call echo';

/** The same where so many of these have an outcome that was not captured. */
function withHidden({ calls, answers, seconds }: Printed) {
  const hidden = (counts: Counts) => ({
    ...counts,
    [ECHO]: counts[ECHO] - LONG_ECHOES,
    [`${ECHO} unknown`]: LONG_ECHOES,
  });
  const long = { ...seconds, [`${ECHO} unknown`]: seconds[ECHO] };
  return { calls: hidden(calls), answers: hidden(answers), seconds: long };
}

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
        if ('strategy' in capture) await agent.assertTrue({ client, identities: client.identities, doubts });
        else await agent.assertTrue({ client: withHidden(client), doubts: { ...HIDDEN, ...doubts } });
      });
    }
  }

  it('are told where answers are JSON, too', async () => {
    const agent = await new TellingAgent(cleanup).start({});
    await serve(agent.upstream, { JSON_RESPONSE: '1' });
    const client = await converse(agent.listen, 'auto');
    await agent.assertTrue({ client: withHidden(client), doubts: HIDDEN });
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
    await waitFor('the server to listen', () => isListening(path), { process: server });
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
