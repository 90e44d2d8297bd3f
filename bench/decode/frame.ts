import { SEND } from '../../src/protocols/direction.js';
import { type Framer, UNFINISHED } from '../../src/protocols/framing/framer.js';
import { Meter } from '../../src/protocols/framing/meter.js';
import { FRAMINGS } from '../../src/protocols/framings.js';
import { JsonRpcFramer } from '../../src/protocols/jsonrpc/framing/framer.js';
import { nsEach } from './measure.js';
import { code, completionList, dockerPs, ethCall, logs, put } from './messages.js';
import { smallMessages } from './small-messages.js';

/** The default size of a relay's read. */
const PIECE_BYTES = 16 * 1024;

const line = (text: string) => `${text}\n`;
const bare = (text: string) => text;
const block = (text: string) => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const post = (text: string) =>
  `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: */*\r\nUser-Agent: bench\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;

const framings: [string, (text: string) => string][] = [
  ['lines', line],
  ['texts', bare],
  ['LSP', block],
  ['HTTP', post],
];
const messages: [string, string][] = [
  ['eth_call', ethCall],
  ['LSP completion', completionList],
  ['64 KiB of logs', logs],
  ['64 KiB in a string', code],
];

/** The cost of finding the ends of units. */
export function frameRows(): string[][] {
  const rows = framings.flatMap(([framing, wire]) =>
    messages.map(([name, text]) => {
      const message = Buffer.from(wire(text));
      return row(framing, name, new JsonRpcFramer(), message);
    }),
  );
  const others = smallMessages.flatMap(({ protocol, opening, request, long }) =>
    [request, long].map((message) =>
      row(
        protocol,
        `${message.length} bytes`,
        FRAMINGS[protocol].createFramer(SEND, new Meter()),
        message,
        opening?.sent,
      ),
    ),
  );
  const requests = [
    ['docker ps', dockerPs],
    ['64 KiB put', put(64 * 1024)],
  ].map(([name, message]) =>
    row('http', name, FRAMINGS.http.createFramer(SEND, new Meter()), Buffer.from(message)),
  );
  return [['', '', 'message, ns', 'byte, ns'], ...rows, ...others, ...requests];
}

function row(framing: string, name: string, framer: Framer, message: Buffer, opening?: Buffer): string[] {
  if (opening !== undefined) show(framer, Buffer.concat([opening, Buffer.alloc(1)]));
  const copies = Math.ceil((4 * PIECE_BYTES) / message.length) + 1;
  const stream = Buffer.concat([...Array<Buffer>(copies).fill(message), Buffer.alloc(1)]);
  const ns = nsEach(frame(framer, stream)) / copies;
  return [framing, name, ns.toFixed(0), (ns / message.length).toFixed(2)];
}

function frame(framer: Framer, stream: Buffer): (times: number) => void {
  return (times) => {
    for (let i = 0; i < times; i++) show(framer, stream);
  };
}

function show(framer: Framer, stream: Buffer): void {
  const end = stream.length - 1;
  for (let from = 0; from < end; from += PIECE_BYTES) {
    const to = Math.min(end, from + PIECE_BYTES);
    // A framer overwrites the byte after a piece.
    const behind = stream[to];
    for (let at = from; at < to; ) {
      const next = framer.next(stream, at, to);
      if (next === UNFINISHED) break;
      at = next;
    }
    stream[to] = behind;
  }
}
