import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { Road } from '../../processors/enrich/support/road.js';

const PROTOCOLS = ['mcp', 'jsonrpc', 'http'];
const SECRET = 'file:///home/token-42?key=43';
const SESSION = 'session-44';

const line = (value: object) => `${JSON.stringify({ jsonrpc: '2.0', ...value })}\n`;
const call = (id: number, name: string, more = {}) =>
  line({ id, method: 'tools/call', params: { name, ...more } });

/** Reads a resource over HTTP, and calls a tool whose answer says that it has failed. */
function roadWith(payload: 'none' | 'hashed' | 'raw'): Road {
  const road = new Road({ enrich: { protocols: PROTOCOLS, payload } });
  const body = line({ id: 1, method: 'resources/read', params: { uri: SECRET } });
  const post = `POST /mcp?q=secret-45 HTTP/1.1\r\nMcp-Session-Id: ${SESSION}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const result = line({ id: 1, result: { contents: [{ uri: SECRET, text: 'secret-46' }] } });
  return road
    .say(0, SEND, post)
    .say(0, RECV, `HTTP/1.1 200 OK\r\nContent-Length: ${result.length}\r\n\r\n${result}`)
    .say(1, SEND, call(1, 'get_weather', { arguments: { city: 'secret-47' } }))
    .say(1, RECV, line({ id: 1, result: { content: [{ type: 'text', text: 'secret-48' }], isError: true } }))
    .read();
}

describe('spans and series of MCP', () => {
  it('have the names of the convention', () => {
    const { spans, calls } = roadWith('none');
    assert.deepEqual(
      spans.map(({ name, kind }) => [name, kind]),
      [
        ['resources/read', 'server'],
        ['tools/call get_weather', 'server'],
      ],
    );
    const { attributes, error } = spans[1];
    assert.deepEqual(
      { ...attributes, error },
      {
        'network.transport': 'unix',
        'server.address': attributes['server.address'],
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'get_weather',
        'jsonrpc.protocol.version': '2.0',
        'jsonrpc.request.id': '1',
        'error.type': 'tool_error',
        error: '',
      },
    );
    assert.equal(Object.keys(calls).length, 2);
  });

  it('show nothing of payload, of URIs and of sessions, unless they are to', () => {
    const told = (payload: 'none' | 'hashed') => JSON.stringify(roadWith(payload).spans);
    assert.doesNotMatch(told('none'), /token-42|session-44|secret-4/);
    assert.doesNotMatch(told('none'), /mcp\.session|mcp\.resource/);
    const hashed = told('hashed');
    assert.doesNotMatch(hashed, /token-42|session-44|secret-4/);
    assert.match(hashed, /"mcp\.session\.id":"hmac:[0-9a-f]{16} 10 B"/);
    assert.match(hashed, /"mcp\.resource\.uri":"hmac:[0-9a-f]{16} 28 B"/);
    const [raw] = roadWith('raw').spans;
    assert.deepEqual(
      [raw.attributes['mcp.resource.uri'], raw.attributes['mcp.session.id']],
      [SECRET, SESSION],
    );
  });

  it('have a bounded number of tools by name, and nothing else behind that', () => {
    const road = new Road({ enrich: { protocols: PROTOCOLS, methods: { known: [], max: 5 } } });
    const ask = (request: string, id: number) =>
      road.say(0, SEND, request).say(0, RECV, line({ id, result: {} }));
    for (let i = 0; i < 30; i++) ask(call(i, `tool ${i}\u0007${'x'.repeat(10 * i)}`), i);
    for (let i = 0; i < 20; i++) ask(line({ id: i, method: `own/${i}` }), i);
    road.read();
    assert.equal(road.spans.length, 50);
    const shown = new Set(road.spans.map(({ name }) => name));
    assert.equal(shown.size, 5 + 2, [...shown].join(', ').slice(0, 500));
    assert.ok(shown.has('tools/call') && shown.has('mcp'));
    assert.ok([...shown].every((name) => /^[\x20-\x7e]*$/.test(name)));
  });
});
