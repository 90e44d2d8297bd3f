import { conversations } from './support/conversation.js';
import {
  answer,
  ask,
  c,
  json,
  line,
  long,
  loss,
  lsp,
  note,
  refusal,
  s,
  times,
  turn,
} from './support/steps.js';

const document = (size: number) => ({
  textDocument: { uri: 'file:///a.go', version: 1, languageId: 'go', text: long(size, 'x := 1\n') },
});
const BOM = '\ufeff';

/** gopls and rust-analyzer: the id behind the result. */
const idLast = (id: unknown, result: unknown) => ({ jsonrpc: '2.0', result, id });

/** As vscode-languageserver's clients frame: with a second header. */
const typed = (value: unknown) =>
  `Content-Length: ${Buffer.byteLength(json(value))}\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n${json(value)}`;

describe('what language servers and editors say', () => {
  conversations({
    'gopls: whole documents are notifications, long results have the id last': {
      steps: [
        turn(
          ask(1, 'initialize', { capabilities: long(4000) }),
          idLast(1, { capabilities: long(3000) }),
          lsp,
        ),
        c(lsp(note('initialized', {}))),
        c(lsp(note('textDocument/didOpen', document(50_000)))),
        s(lsp(note('textDocument/publishDiagnostics', { diagnostics: [long(900)] }))),
        c(lsp(note('textDocument/didChange', document(50_000))), lsp(ask(2, 'textDocument/completion'))),
        s(lsp(idLast(2, { items: [long(30_000)] }))),
        turn(ask(3, 'textDocument/hover'), idLast(3, null), lsp),
        turn({ jsonrpc: '2.0', id: 4, method: 'shutdown' }, { jsonrpc: '2.0', result: null, id: 4 }, lsp),
        c(lsp({ jsonrpc: '2.0', method: 'exit' })),
      ],
      told:
        '1 initialize, 1 initialized noted, 1 textDocument/didOpen noted, 1 textDocument/publishDiagnostics noted, ' +
        '1 textDocument/didChange noted, 1 textDocument/completion, 1 textDocument/hover, 1 shutdown, 1 exit noted',
    },
    'gopls asks its client with the same ids as its client asks it': {
      steps: [
        c(lsp(ask(1, 'initialize'))),
        s(lsp(ask(1, 'client/registerCapability', { registrations: long(700) }))),
        s(lsp(ask(2, 'workspace/configuration', { items: [] }))),
        c(lsp(idLast(2, [long(800)]))),
        c(lsp(idLast(1, null))),
        s(lsp(idLast(1, {}))),
      ],
      told: '1 initialize, 1 client/registerCapability, 1 workspace/configuration',
      ms: [10, 30, 50],
    },
    'clangd: the id in front, a call that is cancelled': {
      steps: [
        c(typed({ id: 5, jsonrpc: '2.0', method: 'textDocument/semanticTokens/full', params: {} })),
        c(typed({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 5 } })),
        s(lsp({ error: { code: -32800, message: 'Request cancelled' }, id: 5, jsonrpc: '2.0' })),
        c(typed({ id: 6, jsonrpc: '2.0', method: 'textDocument/documentSymbol', params: {} })),
        s(lsp({ id: 6, jsonrpc: '2.0', result: [long(20_000)] })),
      ],
      told: '1 textDocument/semanticTokens/full -32800, 1 $/cancelRequest noted, 1 textDocument/documentSymbol',
      ms: [20, 10],
    },
    'jdtls: ids are text': {
      steps: [
        c(lsp(ask('1', 'initialize', {})) + lsp(ask('2', 'workspace/executeCommand', {}))),
        s(lsp(note('language/status', { type: 'Starting', message: long(600) }))),
        s(
          lsp(
            refusal(
              '2',
              -32603,
              'Internal error.',
              `java.util.concurrent.CompletionException: ${long(6000, '\tat x.Y\n')}`,
            ),
          ),
        ),
        s(lsp(answer('1', { capabilities: {} }))),
      ],
      told: '1 initialize, 1 workspace/executeCommand -32603, 1 language/status noted',
      ms: [20, 30],
    },
    'pylsp: spaces between members': {
      steps: times(2, (i) => [
        c(
          `Content-Length: 65\r\n\r\n{"jsonrpc": "2.0", "id": ${i}, "method": "shutdown", "params": null}\n`.replace(
            '65',
            '66',
          ),
        ),
        s(lsp(`{"jsonrpc": "2.0", "id": ${i}, "result": null}`)),
      ]),
      told: '2 shutdown',
    },
    'OmniSharp: a byte order mark before its first block': {
      steps: [
        [c(lsp(ask(1, 'initialize', {}))), s(BOM + lsp(answer(1, {})))],
        turn(ask(2, 'textDocument/hover', {}), answer(2, {}), lsp),
      ],
      told: '1 initialize, 1 textDocument/hover',
    },
    'PowerShell Editor Services: a byte order mark before the first block of each side, and before a body': {
      steps: [
        [c(BOM + lsp(ask(1, 'initialize', {}))), s(BOM + lsp(answer(1, {})))],
        turn(BOM + json(ask(2, 'textDocument/hover', {})), BOM + json(answer(2, {})), lsp),
      ],
      told: '1 initialize, 1 textDocument/hover',
    },
    'a server that logs to its standard output, line by line': {
      steps: [
        s('starting up\n'),
        turn(ask(1, 'initialize', {}), answer(1, {}), lsp),
        s('[INFO] loaded 3 packages in 20ms\n'),
        [
          c(lsp(ask(2, 'textDocument/hover', {}))),
          s('handling hover\n', lsp(answer(2, { contents: long(900) }))),
        ],
        turn(ask(3, 'textDocument/hover', {}), answer(3, {}), lsp),
      ],
      told: '1 initialize, 2 textDocument/hover, [3 not understood]',
    },
    "CircleCI's server: a log line that looks like a header, right before the block": {
      steps: [
        c(lsp(ask(1, 'initialize', {}))),
        s('New client connection\n'),
        s(`Called method: initialize\n${lsp(answer(1, { capabilities: {} }))}`),
        turn(ask(2, 'shutdown', {}), answer(2, null), lsp),
      ],
      told: '1 initialize, 1 shutdown, [n not understood]',
      ms: [20, 10],
    },
    "Hardhat's server: lines end without a carriage return, in blocks too": {
      steps: times(3, (i) => [
        c(lsp(ask(i, 'textDocument/hover'))),
        s(lsp(answer(i, {})).replaceAll('\r', '')),
      ]),
      told: '3 textDocument/hover',
    },
    'StreamJsonRpc: results that are null are left out': {
      steps: [
        turn(ask(1, 'Initialize', {}), { jsonrpc: '2.0', id: 1, result: {} }, lsp),
        turn(ask(2, 'Save', {}), { jsonrpc: '2.0', id: 2 }, lsp),
        turn(ask(3, 'Load', {}), { jsonrpc: '2.0', id: 3, result: null }, lsp),
      ],
      told: '1 Initialize, 1 Save unknown, 1 Load',
    },
    'a record is lost in the middle of a document': {
      steps: [
        turn(ask(1, 'initialize', {}), answer(1, {}), lsp),
        c(lsp(note('textDocument/didOpen', document(5000)))),
        loss,
        times(3, (i) => turn(ask(2 + i, 'textDocument/hover', {}), answer(2 + i, {}), lsp)),
      ],
      told: '1 initialize, 1 textDocument/didOpen noted, 3 textDocument/hover',
    },
    'xi-editor: no version; updates are notifications of 1 KB': {
      steps: [
        c(line({ method: 'client_started', params: {} })),
        turn({ id: 0, method: 'new_view', params: { file_path: 'a' } }, { id: 0, result: 'view-id-1' }),
        times(3, () =>
          s(line({ method: 'update', params: { update: { ops: long(1500) }, view_id: 'view-id-1' } })),
        ),
        turn(
          { id: 1, method: 'edit', params: { method: 'copy', view_id: 'view-id-1' } },
          { id: 1, result: null },
        ),
      ],
      told: '1 client_started noted, 1 new_view, 3 update noted, 1 edit',
    },
    'Kakoune: drawing is notifications, in both directions, with spaces': {
      steps: times(4, (i) => [
        s(
          `{ "jsonrpc": "2.0", "method": "draw", "params": [[{ "face": { "fg": "default" }, "contents": "${long(600 * i)}" }]] }\n`,
        ),
        c('{ "jsonrpc": "2.0", "method": "keys", "params": ["j"] }'),
      ]),
      told: '4 draw noted, 4 keys noted',
    },
  });
});
