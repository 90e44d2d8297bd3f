/** Messages as real programs send them, for framers and decoders. */
const address = `0x${'d8da6bf26964af9d7eed9e03e53415d37aa96045'}`;
const word = '00000000000000000000000000000000000000000000000000000000000000ff';

export const ethCall = JSON.stringify({
  jsonrpc: '2.0',
  id: 4711,
  method: 'eth_call',
  params: [{ from: address, to: address, data: `0x70a08231${word}${word.slice(0, 40)}` }, 'latest'],
});

export const ethResult = JSON.stringify({ jsonrpc: '2.0', id: 4711, result: `0x${word}` });

const completion = (index: number) => ({
  label: `field_${index}`,
  kind: 5,
  detail: 'string | undefined',
  textEdit: {
    range: { start: { line: index, character: 4 }, end: { line: index, character: 9 } },
    newText: '…',
  },
});

/** About 2 KiB, as a language server answers. */
export const completionList = JSON.stringify({
  jsonrpc: '2.0',
  id: 12,
  result: { isIncomplete: false, items: Array.from({ length: 12 }, (_, index) => completion(index)) },
});

const log = (index: number) => ({
  address,
  topics: [`0x${word}`, `0x${word}`],
  data: `0x${word}`,
  blockNumber: `0x${(18_000_000 + index).toString(16)}`,
  removed: false,
});

/** About 64 KiB, as a node answers a query of its logs. */
export const logs = JSON.stringify({
  jsonrpc: '2.0',
  id: 99,
  result: Array.from({ length: 180 }, (_, index) => log(index)),
});

/** 64 KiB in one string. */
export const code = JSON.stringify({ jsonrpc: '2.0', id: 7, result: `0x${word.repeat(1023)}` });

export const toolCall = JSON.stringify({
  jsonrpc: '2.0',
  id: 'c6f1',
  method: 'tools/call',
  params: {
    name: 'search',
    arguments: { query: 'the "method" of an id', limit: 10 },
    _meta: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  },
});

/** What docker ps asks, and what it is told of two containers. */
export const dockerPs =
  'GET /v1.43/containers/json HTTP/1.1\r\nHost: docker\r\nUser-Agent: Docker-Client/20.10.24 (linux)\r\n\r\n';
const containers = JSON.stringify(
  [1, 2].map((index) => ({
    Id: String(index).repeat(64),
    Names: [`/box-${index}`],
    Image: 'busybox',
    State: 'running',
  })),
);
export const dockerContainers = `HTTP/1.1 200 OK\r\nApi-Version: 1.43\r\nContent-Type: application/json\r\nOstype: linux\r\nServer: Docker/20.10.24 (linux)\r\nDate: Sun, 29 Nov 2026 17:00:00 GMT\r\nContent-Length: ${containers.length}\r\n\r\n${containers}`;

/** A request with a body of so many bytes. */
export const put = (bytes: number) =>
  `PUT /v1.43/containers/${'4c01db0b'.repeat(8)}/archive?path=/ HTTP/1.1\r\nHost: docker\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`;
