/** How a text goes over the wire, in units. */
export interface Wire {
  name: string;
  request(text: string): string[];
  response(text: string): string[];
}

const line = (text: string) => [`${text}\n`];
const bare = (text: string) => [text];
const contentLength = (text: string) => [`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n`, text];

function chunks(text: string): string {
  const characters = Array.from(text);
  const half = characters.length >> 1;
  const parts = [characters.slice(0, half), characters.slice(half)]
    .map((part) => part.join(''))
    .filter((part) => part !== '');
  const framed = parts.map((part) => `${Buffer.byteLength(part).toString(16)};x=y\r\n${part}\r\n`);
  return `${framed.join('')}0\r\nTrailer: a\r\n\r\n`;
}

const POST = 'POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const STREAM = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

/** HTTP as the servers of MCP speak it by default. A response is three units: its block, an event, the end of the body. */
export const eventStream: Wire = {
  name: 'HTTP with an event stream',
  request: (text) => [`${POST}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n`, text],
  response: (text) => {
    const event = `event: message\r\ndata: ${text}\r\n\r\n`;
    const chunk = `${Buffer.byteLength(event).toString(16)}\r\n${event}`;
    return [`${STREAM}Transfer-Encoding: chunked\r\n\r\n`, chunk, '\r\n0\r\n\r\n'];
  },
};

export const wires: readonly Wire[] = [
  { name: 'lines', request: line, response: line },
  { name: 'texts without anything between them', request: bare, response: bare },
  { name: 'the framing of LSP', request: contentLength, response: contentLength },
  {
    name: 'HTTP',
    request: (text) => [`${POST}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n`, text],
    response: (text) => [`${OK}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n`, text],
  },
  {
    name: 'HTTP with chunks',
    request: (text) => [`${POST}Transfer-Encoding: chunked\r\n\r\n`, chunks(text)],
    response: (text) => [`${OK}Transfer-Encoding: chunked\r\n\r\n`, chunks(text)],
  },
];
