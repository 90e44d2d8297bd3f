import assert from 'node:assert/strict';
import { CallRecord, UNTIMED } from '../../support/call-record.js';
import { Cleanup } from '../../support/cleanup.js';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { builtTool } from '../support/built-tool.js';
import { requireTool } from '../support/requirements.js';

const BUILD_TIMEOUT_MS = 300_000;
const SERVICE = 'ttrpc.integration.streaming.Streaming';

/** The names that Go has for status codes, and those that gRPC has. */
const CODES: Readonly<Record<string, string | undefined>> = {
  OK: undefined,
  NotFound: 'NOT_FOUND',
  OutOfRange: 'OUT_OF_RANGE',
  Unimplemented: 'UNIMPLEMENTED',
};

describe('a client and a server of ttrpc', () => {
  const cleanup = new Cleanup();
  let program: string;
  requireTool('go', 'https://go.dev/dl/');

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    program = await builtTool('ttrpc/build.sh');
  });

  afterEach(() => cleanup.run());

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`are told as the client knows it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const server = await startProcess({ command: program, args: ['serve', agent.upstream] });
      cleanup.defer(() => server.kill());
      await waitFor('the server to listen', () => isListening(agent.upstream), { process: server });
      const client = await startProcess({ command: program, args: ['call', agent.listen] });
      assert.equal((await client.exited).code, 0, client.describe());
      const record = new CallRecord();
      const lines = client.output.trim().split('\n');
      for (const line of lines) {
        const [method = '', code = ''] = line.split(' ');
        assert.ok(code in CODES, line);
        record.answered(`${SERVICE}/${method}`, UNTIMED, CODES[code]);
      }
      assert.equal(lines.length, 81);
      await agent.assertTrue({ client: record });
    });
  }
});
