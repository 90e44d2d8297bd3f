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
