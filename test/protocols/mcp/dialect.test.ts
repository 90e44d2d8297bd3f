import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import { Ear } from '../listen.js';

const BESIDE_JSON_RPC = { keepPayload: false, carriers: ['mcp', 'jsonrpc'] };

const ask = (method: string, params: unknown = {}, more = {}) =>
  `${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params, ...more })}\n`;

/** What is told of requests, one after the other on one connection: methods, and the protocol that they are of. */
function toldOf(...requests: readonly string[]): string[] {
  const ear = new Ear(PROTOCOLS.mcp, BESIDE_JSON_RPC);
  for (const request of requests) ear.data(SEND, request);
  return ear.listener.requests.map(({ carrier = 'mcp', method }) => `${carrier}: ${method}`);
}

const initialize = (protocolVersion: unknown) => ask('initialize', { protocolVersion, capabilities: {} });

describe('the Model Context Protocol beside JSON-RPC', () => {
  it('is recognised by what initializes it, or by methods that nothing else has', () => {
    assert.deepEqual(toldOf(initialize('2025-06-18'), ask('x/y')), ['mcp: initialize', 'mcp: x/y']);
    assert.deepEqual(toldOf(initialize('DRAFT-2026-v1')), ['mcp: initialize']);
    assert.deepEqual(toldOf(ask('ping'), ask('tools/list'), ask('ping')), [
      'jsonrpc: ping',
      'mcp: tools/list',
      'mcp: ping',
    ]);
  });

  it('is not what others initialize, nor what has methods with other names', () => {
    for (const version of [1, '1', '0.0.9', null, { a: '2025-06-18' }, '2025-06-18 or so', 'x'.repeat(400)])
      assert.deepEqual(toldOf(initialize(version)), ['jsonrpc: initialize'], String(version));
    for (const method of [
      'initialize',
      'eth_call',
      'tasks/get',
      'tools/callx',
      'Tools/call',
      'toString',
      '__proto__',
    ])
      assert.deepEqual(toldOf(ask(method)), [`jsonrpc: ${method}`]);
  });

  it('is not told of where a language server has methods with its names', () => {
    assert.deepEqual(toldOf(ask('initialize', { processId: 1 }), ask('tools/list')), [
      'jsonrpc: initialize',
      'jsonrpc: tools/list',
    ]);
  });

  it('is all that is spoken where nothing else is tried', () => {
    const ear = new Ear(PROTOCOLS.mcp, { keepPayload: false, carriers: ['mcp'] });
    ear.data(SEND, ask('initialize', { processId: 1 }) + ask('eth_call'));
    assert.deepEqual(
      ear.listener.requests.map(({ carrier, method }) => [carrier, method]),
      [
        [undefined, 'initialize'],
        [undefined, 'eth_call'],
      ],
    );
  });

  it('has names of tools and prompts behind their methods, bounded, and no method that could be taken for one', () => {
    assert.deepEqual(
      toldOf(
        ask('tools/call', { name: 'get_weather' }),
        ask('prompts/get', { name: 'a b' }),
        ask('tools/call', { name: 'x'.repeat(300) }),
        ask('tools/call', { name: '' }),
        ask('tools/call', { name: { name: 'n' } }),
        ask('tools/call', [{ name: 'n' }]),
        ask('tools/call get_weather'),
        ask('resources/read', { name: 'n' }),
      ),
      [
        'mcp: tools/call get_weather',
        'mcp: prompts/get a b',
        `mcp: tools/call ${'x'.repeat(256 - 'tools/call '.length)}`,
        'mcp: tools/call',
        'mcp: tools/call',
        'mcp: tools/call',
        'mcp: _OTHER',
        'mcp: resources/read',
      ],
    );
  });

  it('tells versions, and apart from them what may be secret', () => {
    const ear = new Ear(PROTOCOLS.mcp, BESIDE_JSON_RPC);
    ear.data(SEND, initialize('2025-11-25'));
    ear.data(RECV, '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18"}}\n');
    ear.data(SEND, ask('resources/read', { uri: 'file:///secret?token=1' }));
    const [begun, read] = ear.listener.requests;
    assert.deepEqual(begun.attributes, { 'mcp.protocol.version': '2025-11-25' });
    assert.deepEqual(read.attributes, { 'mcp.protocol.version': '2025-06-18' });
    assert.deepEqual(read.secrets, { 'mcp.resource.uri': 'file:///secret?token=1' });
    assert.equal(JSON.stringify({ ...read, secrets: {} }).includes('secret?'), false);
  });

  it('tells over HTTP of each request what its own headers say', () => {
    const ear = new Ear(PROTOCOLS.mcp, BESIDE_JSON_RPC);
    const post = (headers: string, body: string) =>
      `POST / HTTP/1.1\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
    ear.data(SEND, post('MCP-Session-Id: s1\r\nmcp-protocol-version: 2025-06-18\r\n', ask('own')));
    ear.data(RECV, 'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
    ear.data(SEND, post('', ask('own')));
    const [first, second] = ear.listener.requests;
    assert.deepEqual([first.carrier, first.secrets], [undefined, { 'mcp.session.id': 's1' }]);
    assert.deepEqual(first.attributes, {
      'mcp.protocol.version': '2025-06-18',
      'network.protocol.name': 'http',
    });
    assert.equal(second.carrier, 'jsonrpc');
  });

  it('says which call is called off', () => {
    const ear = new Ear(PROTOCOLS.mcp, BESIDE_JSON_RPC);
    for (const requestId of [7, '7', 7.0, null, {}])
      ear.data(
        SEND,
        `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } })}\n`,
      );
    assert.deepEqual(
      ear.listener.requests.map(({ cancels }) => cancels),
      ['7', '"7', '7', 'null', undefined],
    );
  });
});
