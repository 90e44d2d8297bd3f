import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type MessageConnection, ResponseError } from 'vscode-jsonrpc/node';
import { CallRecord } from '../../support/call-record.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { messageConnection } from '../../support/message-connection.js';
import { repeat } from '../../support/repeat.js';
import { CAPTURES, TellingAgent } from '../../support/telling-agent.js';

/** 50 KB. */
const DOCUMENT = 'const grüße = "🧦 \\" }"; // {"id": 7}\n'.repeat(1200);
const CONTENT_MODIFIED = -32_801;
const CHANGES = 20;

/** A language server that is given whole documents, and says of each what is wrong with it. */
function serve(connection: MessageConnection, record: CallRecord): void {
  let changes = 0;
  connection.onRequest('initialize', () => ({ capabilities: { textDocumentSync: 1 } }));
  connection.onNotification('textDocument/didOpen', () => {});
  connection.onNotification('textDocument/didChange', async () => {
    record.notified('textDocument/publishDiagnostics');
    changes++;
    const params = {
      uri: 'file:///a.ts',
      diagnostics: repeat(40, (line) => ({ line, message: 'it is wrong' })),
    };
    await connection.sendNotification('textDocument/publishDiagnostics', params);
  });
  connection.onRequest('textDocument/hover', () => (changes % 5 === 0 ? null : { contents: 'a constant' }));
  connection.onRequest('textDocument/formatting', () => [{ newText: DOCUMENT }]);
  connection.onRequest('textDocument/rename', () => new ResponseError(CONTENT_MODIFIED, DOCUMENT));
  connection.listen();
}

/** An editor that asks about each change as soon as it has told of it. */
async function edit(connection: MessageConnection, record: CallRecord): Promise<void> {
  const codeOf = (error: unknown) => (error as ResponseError<unknown>).code;
  const ask = (method: string, params: object) =>
    record.ask(method, () => connection.sendRequest(method, params), codeOf);
  const tell = (method: string, params: object) => {
    record.notified(method);
    return connection.sendNotification(method, params);
  };
  let diagnostics = 0;
  connection.onNotification('textDocument/publishDiagnostics', () => void diagnostics++);
  connection.listen();
  const textDocument = { uri: 'file:///a.ts', version: 1 };
  await ask('initialize', { capabilities: {} });
  await tell('textDocument/didOpen', { textDocument: { ...textDocument, text: DOCUMENT } });
  for (let version = 2; version < 2 + CHANGES; version++) {
    const change = { textDocument: { ...textDocument, version }, contentChanges: [{ text: DOCUMENT }] };
    await Promise.all([
      tell('textDocument/didChange', change),
      ask('textDocument/hover', { textDocument, position: { line: 0, character: 7 } }),
      ask('textDocument/formatting', { textDocument, options: { tabSize: 2 } }),
      ask('textDocument/rename', { textDocument, newName: DOCUMENT }),
    ]);
  }
  await eventually('all diagnostics are heard', () => diagnostics === CHANGES);
}

for (const [kept, capture] of Object.entries(CAPTURES)) {
  describe(`vscode-jsonrpc with whole documents, with ${kept} captured`, () => {
    const cleanup = useCleanup();

    const speak = (socket: Socket) => messageConnection(cleanup, socket);

    it('has changes, questions and refusals told apart', async () => {
      const agent = await new TellingAgent(cleanup).start({ capture });
      const listening = createServer().listen(agent.upstream);
      cleanup.defer(() => listening.close());
      await once(listening, 'listening');
      const accepted = once(listening, 'connection') as Promise<[Socket]>;
      const editor = speak(connect(agent.listen));
      const server = speak((await accepted)[0]);
      const record = new CallRecord();
      serve(server, record);
      await edit(editor, record);
      await agent.assertTrue({ client: record });
    });
  });
}
