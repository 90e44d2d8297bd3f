import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { CallRecord, UNTIMED } from '../../support/call-record.js';
import { Cleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { isListening } from '../../support/listening.js';
import { messageConnection } from '../../support/message-connection.js';
import { startProcess, waitFor } from '../../support/process.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';
import { builtTool } from '../support/built-tool.js';
import { findTool, requireTool } from '../support/requirements.js';

const INSTALL_TIMEOUT_MS = 5 * 60_000;

const FUNCTION =
  'def grüße(name: str) -> str:\n    """Says "hello" {to: one}."""\n    return "🧦 " + name\n\n\n';
/** 40 KB; what comes last is asked about. */
const DOCUMENT = `${FUNCTION.repeat(450)}import os\nos.path.joi`;
const LAST_LINE = DOCUMENT.split('\n').length - 1;

describe('pylsp', () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());
  requireTool('socat', 'apt-get install socat');
  let pylsp: string;

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS);
    pylsp = join(await builtTool('python/install.sh'), 'pylsp');
  });

  for (const [kept, capture] of Object.entries(CAPTURES)) {
    it(`is told as vscode-jsonrpc knows it, with ${kept} captured`, async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      await serve(agent.upstream);
      const record = new CallRecord();
      const editor = speak(agent.listen, record);
      const ask = (method: string, params: object = {}) =>
        record.ask(
          method,
          () => editor.sendRequest(method, params),
          (error) => (error as ResponseError<unknown>).code,
        );
      const tell = async (method: string, params: object = {}) => {
        record.notified(method);
        await editor.sendNotification(method, params);
      };
      const uri = 'file:///tmp/a.py';
      const position = { line: LAST_LINE, character: 11 };
      await ask('initialize', { processId: null, rootUri: null, capabilities: {} });
      await tell('initialized');
      await tell('textDocument/didOpen', {
        textDocument: { uri, languageId: 'python', version: 1, text: DOCUMENT },
      });
      for (let version = 2; version < 8; version++) {
        const text = `${DOCUMENT}${' '.repeat(version)}`;
        await tell('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ text }] });
        await Promise.all([
          ask('textDocument/completion', { textDocument: { uri }, position }),
          ask('textDocument/hover', { textDocument: { uri }, position: { line: 0, character: 5 } }),
          ask('textDocument/documentSymbol', { textDocument: { uri } }),
          ask('textDocument/nothing', { textDocument: { uri }, text }),
        ]);
      }
      await eventually(
        'it has looked at the document',
        () => 'textDocument/publishDiagnostics' in record.calls,
      );
      await ask('shutdown');
      await tell('exit');
      assert.equal(record.answers['textDocument/nothing -32601'], 6);
      await agent.assertTrue({ client: record });
    });
  }

  /** Behind a socket, as an editor in a container needs it. */
  async function serve(path: string): Promise<void> {
    const args = [`UNIX-LISTEN:${path}`, `EXEC:${pylsp}`];
    const server = await startProcess({ command: findTool('socat') ?? 'socat', args });
    cleanup.defer(() => server.kill());
    await waitFor('socat to listen', () => isListening(path), { process: server });
  }

  function speak(path: string, record: CallRecord): MessageConnection {
    const connection = messageConnection(cleanup, connect(path));
    connection.onNotification((method) => record.notified(method));
    // The server asks for little: that it may report its progress.
    connection.onRequest((method) => {
      record.answered(method, UNTIMED);
      return null;
    });
    connection.listen();
    return connection;
  }
});
