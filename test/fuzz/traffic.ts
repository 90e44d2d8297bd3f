import { eventStream, wires } from '../protocols/jsonrpc/wire.js';
import type { Random } from './random.js';

/** What is done to a decoder. Bytes are those of latin1 text, so that a reproduction can be read and pasted. */
export type Step =
  | { data: string; direction: 0 | 1 }
  | { gap: number; endsUnit: boolean; direction: 0 | 1 }
  | { lose: true };

const messages = [
  '{"jsonrpc":"2.0","method":"eth_call","params":[{"to":"0x0","data":"0x00ff"},"latest"],"id":1}',
  '{"jsonrpc":"2.0","id":1,"result":"0x0000000000000000000000000000000000000000000000000000000000000001"}',
  '{"id":"abc","error":{"code":-32601,"message":"no \\"method\\"","data":{"id":2}},"jsonrpc":"2.0"}',
  '[{"method":"a","id":1},{"method":"b"},{"id":2,"result":{"id":3}}]',
  '{"method":"tools/call","params":{"_meta":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}}',
  '{"method":"initialize","params":{"protocolVersion":"2025-06-18"},"jsonrpc":"2.0","id":2}',
  '{"method":"tools/call","params":{"arguments":{"name":"}"},"name":"a"},"jsonrpc":"2.0","id":3}',
  '{"result":{"content":[{"text":"x"}],"isError":true,"resultType":"complete"},"jsonrpc":"2.0","id":3}',
  '{"method":"notifications/cancelled","params":{"requestId":3},"jsonrpc":"2.0"}',
  '{"me\\u0074hod":"\\ud800","id":1e400,"params":[[[[]]]]}',
  '{ "jsonrpc" : "2.0" ,\t"id" : null , "result" : [ 1 , true , "]" ] }',
];

const fragments = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\x00',
  '\xff',
  '\xef\xbb\xbf',
  '0\r\n\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'content-encoding: gzip\r\n',
  'HTTP/1.1 200 OK\r\n',
  'Mcp-Session-Id: 1\r\n',
  'Mcp-Name: a\r\n',
  '"name":',
  '"isError":true',
  'HTTP/1.1 101 x\r\n\r\n',
  'POST / HTTP/1.1\r\n',
  '"method":"x",',
  ',"id":7}',
  '"id":',
  'ffffffffffffff\r\n',
  'Content-Type: text/event-stream\r\n',
  'data: ',
  'event: message\r\n',
  '\n\n',
  'HEAD / HTTP/1.1\r\n\r\n',
  'GET /v1.41/images/a/b/json?x HTTP/1.1\r\nUpgrade: tcp\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\n\r\n',
  'HTTP/1.0 200 OK\r\n\r\n',
  'HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n',
];
const fills = ['[', '{"a":', 'x', '"', '\\', ' ', '1,', '\n', '}'];

/** A piece of real traffic, in one framing, with something done to it. */
export function mutatedTraffic(random: Random): string {
  const wire = random.oneOf([...wires, eventStream]);
  let text = '';
  for (let count = 1 + random.below(5); count > 0; count--) {
    const units =
      random.below(2) === 0 ? wire.request(random.oneOf(messages)) : wire.response(random.oneOf(messages));
    text += Buffer.from(units.join('')).toString('latin1');
  }
  for (let count = random.below(4); count > 0; count--) text = mutated(text, random);
  return text;
}

function mutated(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const end = at + random.below(20);
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + flipped(text.charCodeAt(at) || 0, random) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, at) + random.oneOf(fragments) + text.slice(at);
    case 3:
      return text.slice(0, end) + text.slice(at);
    case 4:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + random.oneOf(fills).repeat(lengthOfFill(random)) + text.slice(at);
  }
}

/** Mostly short; some go beyond every bound there is. */
function lengthOfFill(random: Random): number {
  return random.below(50) === 0 ? 140_000 : random.below(200);
}

function flipped(code: number, random: Random): string {
  return String.fromCharCode(code ^ (1 << random.below(8)));
}

/** Cuts traffic into pieces, some of which are missing, between which something may be lost. */
export function stepsOf(text: string, random: Random): Step[] {
  const steps: Step[] = [];
  const hasGaps = random.below(2) === 0;
  for (let at = 0; at < text.length; ) {
    const direction = random.below(8) === 0 ? 1 : 0;
    const count = Math.min(text.length - at, 1 + random.below(random.oneOf([4, 40, 400, 100_000])));
    const chance = hasGaps ? random.below(12) : 99;
    if (chance < 3)
      steps.push({ gap: random.oneOf([0, 1, count, 2 ** 40]), endsUnit: random.below(2) === 0, direction });
    if (chance === 3) steps.push({ lose: true });
    if (chance !== 0) steps.push({ data: text.slice(at, at + count), direction });
    at += count;
  }
  return steps;
}
