import assert from 'node:assert/strict';
import { Carrier } from '../../../src/protocols/http/carrier.js';

/** What a block says, with a byte behind it that must stay. */
function read(...lines: string[]): Carrier {
  const text = `${lines.join('\r\n')}\r\n\r\n`;
  const bytes = Buffer.from(`${text}{`);
  const carrier = new Carrier();
  carrier.readBlock(bytes, 0, text.length, 0);
  assert.equal(bytes.toString(), `${text}{`);
  return carrier;
}

describe('Carrier', () => {
  it('knows encodings in any case, and those that are none', () => {
    assert.ok(read('HTTP/1.1 200 OK', 'CONTENT-encoding :\tGZIP').isEncoded);
    assert.ok(read('HTTP/1.1 200 OK', 'Content-Encoding: identity', 'content-encoding: br').isEncoded);
    assert.ok(!read('HTTP/1.1 200 OK', 'Content-Encoding: Identity', 'Content-Type: gzip').isEncoded);
    assert.ok(!read('HTTP/1.1 200 OK', 'Content-Encoding:', 'X-Content-Encoding: gzip').isEncoded);
  });

  it('tells chunks from codings that are more', () => {
    const codings = (value: string) => {
      const { isChunked, isEncoded } = read('HTTP/1.1 200 OK', `transfer-Encoding: ${value}`);
      return { isChunked, isEncoded };
    };
    assert.deepEqual(codings('Chunked'), { isChunked: true, isEncoded: false });
    assert.deepEqual(codings('identity'), { isChunked: false, isEncoded: false });
    assert.deepEqual(codings('gzip , chunked'), { isChunked: true, isEncoded: true });
    assert.deepEqual(codings('gzip'), { isChunked: false, isEncoded: true });
  });

  it('takes the codings of several headers together', () => {
    const { isChunked, isEncoded } = read(
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: gzip',
      'Transfer-Encoding: chunked',
    );
    assert.deepEqual({ isChunked, isEncoded }, { isChunked: true, isEncoded: true });
  });

  it('knows who asks for events, and the methods of requests', () => {
    const get = read('GET /mcp HTTP/1.1', 'ACCEPT: application/json, Text/Event-Stream;q=0.9');
    assert.deepEqual([get.method, get.mayBelong], ['GET', true]);
    assert.ok(!read('GET / HTTP/1.1', 'Accept: */*', 'Accept-Language: text/event-stream').mayBelong);
    assert.ok(!read('POST / HTTP/1.1', 'Accept: text/event-stream').mayBelong);
    assert.ok(read('DELETE /mcp HTTP/1.1', 'Mcp-Session-Id: 5f').mayBelong);
    assert.ok(!read('DELETE /containers/5f HTTP/1.1', 'Host: docker').mayBelong);
    assert.equal(read('Content-Length: 12', 'Content-Type: application/vscode-jsonrpc').method, '');
  });

  it('knows who ends a session', () => {
    assert.ok(read('DELETE /mcp HTTP/1.1', 'MCP-Session-Id: 8f3a').mayBelong);
    assert.ok(!read('DELETE /mcp HTTP/1.1', 'Host: localhost').mayBelong);
    assert.ok(!read('POST /mcp HTTP/1.1', 'Mcp-Session-Id: 8f3a').mayBelong);
  });

  it('reads what there is of a block that was cut', () => {
    const text = 'HTTP/1.1 503 Service Unavail';
    const bytes = Buffer.from(`${text}\0`);
    const carrier = new Carrier();
    carrier.readBlock(bytes, 0, text.length, 0);
    assert.deepEqual([carrier.status, carrier.reason], [503, 'Service Unavail']);
    assert.equal(bytes[text.length], 0);
  });
});
