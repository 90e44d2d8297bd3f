import { conversations } from './support/conversation.js';
import {
  bare,
  c,
  chunk,
  chunked,
  get,
  json,
  line,
  long,
  pause,
  post,
  reply,
  s,
  times,
  turn,
} from './support/steps.js';

/** Members in the order of the TypeScript SDK. */
const call = (id: unknown, method: string, params: unknown = {}) => ({ method, params, jsonrpc: '2.0', id });
const result = (id: unknown, value: unknown = {}) => ({ result: value, jsonrpc: '2.0', id });
const notify = (method: string, params: unknown = {}) => ({ method, params, jsonrpc: '2.0' });
const INITIALIZE = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'c', version: '1' },
};
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const tool = (id: unknown, name: string, more = {}) => call(id, 'tools/call', { name, ...more });
const failure = (id: unknown, size: number) => result(id, { ...text(size), isError: true });
const text = (size: number) => ({ content: [{ type: 'text', text: long(size) }] });

const ACCEPTS = { headers: 'Accept: application/json, text/event-stream\r\n', path: '/mcp' };
const STREAM = {
  type: 'text/event-stream',
  headers: 'Cache-Control: no-cache, no-transform\r\nConnection: keep-alive\r\n',
};

/** As the TypeScript SDK writes an event, and as the Python SDK (sse-starlette) does. */
const event = (value: unknown, id?: string) =>
  `event: message\n${id === undefined ? '' : `id: ${id}\n`}data: ${json(value)}\n\n`;
const starlette = (value: unknown) => `event: message\r\ndata: ${json(value)}\r\n\r\n`;

const asked = (value: unknown) => c(post(value, ACCEPTS));
const streamed = (...events: string[]) => s(chunked(events.join(''), { ...STREAM, size: 150 }));

/** Called off by another request, which may take another connection, or by leaving its stream. */
const CALLED_OFF = {
  steps: [
    [asked(tool(1, 'a')), streamed(event(notify('notifications/progress')))],
    [
      asked(notify('notifications/cancelled', { requestId: 1 })),
      s(bare('202 Accepted', 'Content-Length: 0\r\n')),
    ],
    [asked(tool(1, 'a')), streamed(event(result(1)))],
    asked(tool(2, 'a', { _meta: META })),
    s('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
    s(chunk(event(notify('notifications/progress')))),
  ],
  told: '2 tools/call(a) unknown, 2 notifications/progress noted, 1 notifications/cancelled noted, 1 tools/call(a)',
  ms: [10, 10, 30],
  needsEnd: true,
};

describe('what clients and servers of the Model Context Protocol say', () => {
  conversations({
    'lines: a session of the TypeScript SDK, out of order, with progress and a request of the server': {
      steps: [
        turn(call(0, 'initialize', INITIALIZE), result(0, { protocolVersion: '2025-06-18' })),
        c(line(notify('notifications/initialized'))),
        c(
          line(call(1, 'tools/call', { name: 'a', arguments: { q: long(700) } })) +
            line(call(2, 'tools/call', { name: 'b' })),
        ),
        s(line(notify('notifications/progress', { progressToken: 1, progress: 1, message: long(600) }))),
        [s(line(call(0, 'roots/list'))), c(line(result(0, { roots: [] })))],
        s(line(result(2, text(900))) + line(result(1, text(900)))),
        turn(call(3, 'tools/call'), {
          jsonrpc: '2.0',
          id: 3,
          error: { code: -32602, message: `MCP error -32602: ${long(800)}` },
        }),
      ],
      told: '1 initialize, 1 notifications/initialized noted, 1 tools/call(a), 1 tools/call(b), 1 notifications/progress noted, 1 roots/list, 1 tools/call -32602',
      ms: [10, 10, 40, 40, 10],
    },
    'event streams: the defaults of the TypeScript SDK': {
      steps: times(3, (i) => [asked(call(i, 'tools/call')), streamed(event(result(i, text(40))))]),
      told: '3 tools/call',
    },
    'event streams: the Python SDK, with pings and results of 10 KB': {
      steps: times(3, (i) => [
        asked(call(i, 'tools/call')),
        streamed(
          ': ping - 2025-06-01 12:00:00.000000+00:00\r\n\r\n',
          starlette({ jsonrpc: '2.0', id: i, result: text(10_000) }),
        ),
      ]),
      told: '3 tools/call',
    },
    'event streams: progress and logs before the answer, an error, a first event without data': {
      steps: [
        [
          asked(call(1, 'tools/call')),
          streamed(
            'id: 0_a\nretry: 500\ndata: \n\n',
            event(notify('notifications/progress', { progress: 1 }), 'a_1'),
            event(notify('notifications/message', { level: 'info', data: long(1500) }), 'a_2'),
            event({ jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'no such tool' } }, 'a_3'),
          ),
        ],
        [asked(call(2, 'tools/list')), streamed(event(result(2, { tools: long(5000) })))],
      ],
      told: '1 tools/call -32602, 1 notifications/progress noted, 1 notifications/message noted, 1 tools/list',
    },
    'event streams: one that lasts, an event a chunk, timed to its own answer': {
      steps: [
        asked(call(1, 'tools/call')),
        s('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
        pause(1000),
        s(chunk(event(notify('notifications/progress')))),
        pause(1000),
        s(chunk(event(result(1, text(3000))))),
        pause(5000),
        s('0\r\n\r\n'),
      ],
      told: '1 tools/call, 1 notifications/progress noted',
      ms: [2030],
    },
    'event streams: the server asks its client, who answers with a request of its own': {
      steps: [
        asked(call(1, 'tools/call')),
        s(
          'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
          chunk(event(call(0, 'sampling/createMessage'))),
        ),
        s(chunk(event(result(1, text(10)))), '0\r\n\r\n'),
        [asked(result(0, { role: 'assistant' })), s(bare('202 Accepted', 'Content-Length: 0\r\n'))],
        [asked(notify('notifications/initialized')), s(bare('202 Accepted', 'Content-Length: 0\r\n'))],
        [asked(call(2, 'tools/list')), s(reply(result(2)))],
      ],
      told: '1 tools/call, 1 sampling/createMessage unknown, 1 notifications/initialized noted, 1 tools/list, [? unmatched]',
      ms: [20, 10],
    },
    'event streams: a batch of two calls, answered by two events': {
      steps: [
        asked([call(1, 'tools/call'), call(2, 'tools/call')]),
        streamed(event(result(2)), event(result(1, text(900)))),
      ],
      told: '2 tools/call',
    },
    'event streams: a result over several data lines': {
      steps: [
        asked(call(1, 'tools/call')),
        streamed('event: message\ndata: {"jsonrpc":"2.0",\ndata: "id":1,\ndata:"result":{}}\n\n'),
        [asked(call(2, 'ping')), streamed(event(result(2)))],
      ],
      told: '1 tools/call, 1 ping',
    },
    'event streams: one that ends without the answer, which may come elsewhere': {
      steps: [
        [asked(call(1, 'tools/call')), streamed(event(notify('notifications/progress')))],
        [asked(call(2, 'ping')), streamed(event(result(2)))],
      ],
      told: '1 tools/call unknown, 1 notifications/progress noted, 1 ping',
    },
    'event streams: what a server says of its own accord, to a GET that lasts': {
      steps: [
        c(get('/mcp', 'Accept: text/event-stream\r\nMcp-Session-Id: 1\r\n')),
        s('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
        times(5, (i) => s(chunk(event(notify('notifications/resources/updated', { uri: long(i * 300) }))))),
      ],
      told: '5 notifications/resources/updated noted',
    },
    'JSON for an answer, a session that is unknown, and its end': {
      steps: [
        [
          asked(call(1, 'initialize')),
          s(reply(result(1, { capabilities: long(700) }), { headers: 'mcp-session-id: 7\r\n' })),
        ],
        [
          asked(call(2, 'tools/list')),
          s(
            reply(
              { jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null },
              { status: '404 Not Found' },
            ),
          ),
        ],
        [
          asked(call(3, 'tools/list')),
          s(reply('Bad Request: No valid session ID', { status: '400 Bad Request', type: 'text/plain' })),
        ],
        [
          c('DELETE /mcp HTTP/1.1\r\nHost: x\r\nMcp-Session-Id: 7\r\n\r\n'),
          s(bare('200 OK', 'Content-Length: 0\r\n')),
        ],
        [asked(call(4, 'tools/list')), s(reply(result(4)))],
      ],
      told: '1 initialize, 1 tools/list -32001, 1 tools/list 400, 1 tools/list, [? not_a_message]',
    },
    'the transport before that: answers come on another connection': {
      steps: times(2, (i) => [
        c(post(call(i, 'tools/call'), { path: '/messages?sessionId=1' })),
        s(reply('Accepted', { status: '202 Accepted', type: 'text/plain' })),
      ]),
      told: '2 tools/call unknown, [? not_a_message]',
    },
    'the transport before that, on the other connection': {
      steps: [
        c(get('/sse')),
        s('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'),
        s(chunk('event: endpoint\ndata: /messages?sessionId=1\n\n')),
        s(chunk(event(result(0)))),
        s(chunk(event(notify('notifications/message')))),
      ],
      told: '1 notifications/message noted, [1 unmatched], [? not_a_message]',
    },
    'lines: tools that fail, whose results are short, long, and in another order': {
      steps: [
        turn(call(0, 'initialize', INITIALIZE), result(0, { protocolVersion: '2025-06-18' })),
        turn(tool(1, 'a'), failure(1, 10)),
        turn(tool(2, 'a'), failure(2, 2000)),
        turn(tool(3, 'a'), { jsonrpc: '2.0', id: 3, result: { isError: true, ...text(2000) } }),
        turn(tool(4, 'a'), result(4, { ...text(2000), isError: false })),
        turn(tool(5, 'a'), result(5, text(2000))),
        turn(tool(6, 'a'), result(6, { content: [], structuredContent: { isError: true } })),
        turn(call(7, 'resources/read', { uri: 'file:///a' }), result(7, { isError: true })),
        turn(tool(8, 'a'), { jsonrpc: '2.0', id: 8, error: { code: -32602, message: 'Unknown tool: a' } }),
      ],
      told: '1 initialize, 3 tools/call(a) tool_error, 3 tools/call(a), 1 resources/read, 1 tools/call(a) -32602',
      needsEnd: true,
    },
    'lines: names behind long arguments': {
      steps: [
        turn(call(0, 'initialize', INITIALIZE), result(0, { protocolVersion: '2025-06-18' })),
        turn(
          { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { arguments: { q: long(900) }, name: 'a' } },
          result(1, text(9)),
        ),
        turn(call(2, 'prompts/get', { arguments: { q: long(900) }, name: 'p' }), result(2)),
        turn(call(3, 'tools/call', { arguments: { name: 'no' }, name: '' }), result(3)),
        turn(call(4, 'tools/call', { name: 'a b' }), result(4)),
        turn(call(5, 'tools/call', { name: 7 }), result(5)),
      ],
      told: '1 initialize, 1 tools/call(a), 1 prompts/get(p), 1 tools/call(a b), 2 tools/call',
      needsEnd: true,
    },
    'lines: a call that is called off, by either side, and answered all the same or not': {
      steps: [
        turn(call(0, 'initialize', INITIALIZE), result(0, { protocolVersion: '2025-06-18' })),
        c(line(tool(1, 'a'))),
        c(line(tool('2', 'a'))),
        c(line(notify('notifications/cancelled', { requestId: 1, reason: 'no more' }))),
        c(line(notify('notifications/cancelled', { requestId: '2' }))),
        c(line(notify('notifications/cancelled', { requestId: 7 }))),
        s(line({ jsonrpc: '2.0', id: '2', error: { code: 0, message: 'Request cancelled' } })),
        s(line(call(5, 'sampling/createMessage'))),
        s(line(notify('notifications/cancelled', { requestId: 5 }))),
        turn(tool(3, 'a'), result(3)),
      ],
      told: '1 initialize, 2 tools/call(a) cancelled, 1 sampling/createMessage cancelled, 4 notifications/cancelled noted, 1 tools/call(a), [1 unmatched]',
      ms: [10, 10],
    },
    'lines: subscriptions of 2026, ended by the server, by the client, and by a result': {
      steps: [
        c(line(call(1, 'subscriptions/listen', { _meta: META, notifications: {} }))),
        s(line(notify('notifications/subscriptions/acknowledged'))),
        c(line(call(2, 'subscriptions/listen', { _meta: META, notifications: {} }))),
        c(line(call(3, 'subscriptions/listen', { _meta: META, notifications: {} }))),
        s(line(notify('notifications/cancelled', { requestId: 1 }))),
        c(line(notify('notifications/cancelled', { requestId: 2 }))),
        s(line(result(3, { resultType: 'complete' }))),
        turn(tool(4, 'a', { _meta: META }), result(4)),
      ],
      told: '2 subscriptions/listen cancelled, 1 subscriptions/listen, 1 notifications/subscriptions/acknowledged noted, 2 notifications/cancelled noted, 1 tools/call(a)',
      ms: [30, 10],
    },
    'HTTP: calls that are called off, where nothing but JSON-RPC is told': CALLED_OFF,
    'HTTP: calls that are called off, where HTTP is told, too': {
      ...CALLED_OFF,
      protocols: ['mcp', 'jsonrpc', 'http'],
    },
    'HTTP: calls that are called off, where all is MCP': { ...CALLED_OFF, protocols: ['mcp'] },
    'lines: no handshake, as of 2026, and a method that only its server has': {
      steps: [
        turn(call(1, 'x/own', { _meta: META }), result(1)),
        turn(tool(2, 'a', { _meta: META }), result(2, { resultType: 'complete', ...text(9) })),
        turn(call(3, 'ping', { _meta: META }), result(3)),
      ],
      told: '1 x/own, 1 tools/call(a), 1 ping',
    },
    'others that initialize: a language server, an agent of ACP, and methods that MCP has behind it': {
      steps: [
        turn(
          call(0, 'initialize', { processId: 1, capabilities: {}, rootUri: null }),
          result(0, { capabilities: {}, serverInfo: { name: 'ls' } }),
        ),
        turn(call(1, 'initialize', { protocolVersion: 1, clientCapabilities: {} }), result(1)),
        turn(tool(2, 'a'), failure(2, 9)),
        turn(call(3, 'ping'), result(3)),
      ],
      told: '2 initialize, 1 tools/call, 1 ping',
    },
    'HTTP: JSON-RPC and MCP on one connection, each as its requests show it': {
      steps: [
        [asked(tool(1, 'a')), s(reply(failure(1, 2000)))],
        [c(post(call(2, 'eth_call'), { path: '/rpc' })), s(reply(result(2, { isError: true })))],
        [
          c(post(call(3, 'eth_call'), { path: '/mcp', headers: 'Mcp-Session-Id: 1\r\n' })),
          s(reply(result(3))),
        ],
        [c(post(call(4, 'ping'), { path: '/mcp' })), s(reply(result(4)))],
        [
          c(
            post(call(5, 'tools/call', { arguments: { q: long(2000) }, x: long(90) }), {
              headers: 'Mcp-Method: tools/call\r\nMcp-Name: b\r\n',
            }),
          ),
          s(reply(result(5))),
        ],
      ],
      told: '1 tools/call(a) tool_error, 1 eth_call, 1 eth_call, 1 ping, 1 tools/call(b)',
      needsEnd: true,
    },
  });
});
