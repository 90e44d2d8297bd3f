import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import {
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { CallRecord } from '../../support/call-record.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';

const DOCUMENT = 'const grüße = "🧦 \\" }"; // {"id": 7}\n'.repeat(1200);
const CONTENT_MODIFIED = -32_801;

/** What an editor and a language server say to each other where a change is the whole document. */
for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`vscode-jsonrpc with whole documents, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    function speak(socket: Socket): MessageConnection {
      const connection = createMessageConnection(
        new StreamMessageReader(socket),
        new StreamMessageWriter(socket),
      );
      cleanup.defer(() => {
        connection.dispose();
        socket.destroy();
      });
      return connection;
    }

    it('has changes, questions and refusals told apart', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const listening = createServer().listen(agent.upstream);
      cleanup.defer(() => listening.close());
      await once(listening, 'listening');
      const accepted = once(listening, 'connection') as Promise<[Socket]>;
      const editor = speak(connect(agent.listen));
      const server = speak((await accepted)[0]);

      const record = new CallRecord();
      let changes = 0;
      let diagnostics = 0;
      server.onRequest('initialize', () => ({ capabilities: { textDocumentSync: 1 } }));
      server.onNotification('textDocument/didOpen', () => {});
      server.onNotification('textDocument/didChange', async () => {
        record.notified('textDocument/publishDiagnostics');
        changes++;
        const params = {
          uri: 'file:///a.ts',
          diagnostics: Array.from({ length: 40 }, (_, line) => ({ line })),
        };
        await server.sendNotification('textDocument/publishDiagnostics', params);
      });
      server.onRequest('textDocument/hover', () => (changes % 5 === 0 ? null : { contents: 'a constant' }));
      server.onRequest('textDocument/formatting', () => [{ newText: DOCUMENT }]);
      server.onRequest('textDocument/rename', () => new ResponseError(CONTENT_MODIFIED, DOCUMENT));
      editor.onNotification('textDocument/publishDiagnostics', () => void diagnostics++);
      editor.listen();
      server.listen();

      const codeOf = (error: unknown) => (error as ResponseError<unknown>).code;
      const ask = (method: string, params: object) =>
        record.ask(method, () => editor.sendRequest(method, params), codeOf);
      const tell = (method: string, params: object) => {
        record.notified(method);
        return editor.sendNotification(method, params);
      };
      const textDocument = { uri: 'file:///a.ts', version: 1 };
      await ask('initialize', { capabilities: {} });
      await tell('textDocument/didOpen', { textDocument: { ...textDocument, text: DOCUMENT } });
      for (let version = 2; version < 22; version++) {
        // An editor asks about a change as soon as it has told of it.
        const change = { textDocument: { ...textDocument, version }, contentChanges: [{ text: DOCUMENT }] };
        const told = tell('textDocument/didChange', change);
        await Promise.all([
          told,
          ask('textDocument/hover', { textDocument, position: { line: 0, character: 7 } }),
          ask('textDocument/formatting', { textDocument, options: { tabSize: 2 } }),
          ask('textDocument/rename', { textDocument, newName: DOCUMENT }),
        ]);
      }
      await eventually('all diagnostics are heard', () => diagnostics === changes && changes === 20);
      await agent.assertTrue({ client: record });
    });
  });
}
