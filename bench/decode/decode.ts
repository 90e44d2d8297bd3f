import { RECV, SEND } from '../../src/protocols/direction.js';
import type { ProtocolName } from '../../src/protocols/framings.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import type { Decoder, MessageSink, Protocol } from '../../src/protocols/protocol.js';
import { BESIDE } from './beside.js';
import { nsEach, type Work } from './measure.js';
import { code, dockerContainers, dockerPs, ethCall, ethResult, logs } from './messages.js';
import { smallMessages } from './small-messages.js';

const HEAD_BYTES = 512;

class Counter implements MessageSink {
  messages = 0;
  undecodables = 0;

  request(): void {
    this.messages++;
  }

  response(): void {
    this.messages++;
  }

  undecodable(): void {
    this.undecodables++;
  }
}

type Opening = (typeof smallMessages)[number]['opening'];

interface Kind {
  name: string;
  protocol: Protocol;
  carriers?: readonly string[];
  opening?: Opening | undefined;
  show(decoder: Decoder): void;
  messages: number;
  /** What others do with the same, where they are shown all of it. */
  beside?: { readonly name: string; show(): void };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(`${text}\n\0`);
}

function pair(name: string, request: string, response: string): Kind {
  return pairOf(PROTOCOLS.jsonrpc, name, bytesOf(request), bytesOf(response));
}

/** A call and its answer, each with a byte behind it. */
function pairOf(protocol: Protocol, name: string, asked: Buffer, answered: Buffer, opening?: Opening): Kind {
  const show = (decoder: Decoder) => {
    decoder.data(SEND, asked, 0, asked.length - 1, 1);
    decoder.data(RECV, answered, 0, answered.length - 1, 2);
  };
  const others = BESIDE[protocol.name as ProtocolName]();
  const [request, response] = [asked.subarray(0, -1), answered.subarray(0, -1)];
  if (opening !== undefined) {
    others.ask(opening.sent);
    others.answer(opening.received);
  }
  const beside = {
    name: others.name,
    show: () => {
      others.ask(request);
      others.answer(response);
    },
  };
  return { name, protocol, opening, show, messages: 2, beside };
}

/** A long answer as a capture of its first bytes shows it. */
function head(name: string, response: string): Kind {
  const bytes = bytesOf(response);
  const missing = bytes.length - 1 - HEAD_BYTES;
  const show = (decoder: Decoder) => {
    const behind = bytes[HEAD_BYTES];
    decoder.data(RECV, bytes, 0, HEAD_BYTES, 2);
    decoder.gap(RECV, missing, true, 2);
    bytes[HEAD_BYTES] = behind;
  };
  return { name, protocol: PROTOCOLS.jsonrpc, show, messages: 1 };
}

const withByte = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(1)]);

const dockerPair = pairOf(
  PROTOCOLS.http,
  'docker ps, http',
  withByte(Buffer.from(dockerPs)),
  withByte(Buffer.from(dockerContainers)),
);

const kinds: Kind[] = [
  pair(
    'small lines',
    '{"jsonrpc":"2.0","method":"eth_blockNumber","params":[],"id":83}',
    '{"jsonrpc":"2.0","id":83,"result":"0x4b7"}',
  ),
  pair('eth_call, lines', ethCall, ethResult),
  pair(
    'text ids, lines',
    '{"jsonrpc":"2.0","id":"5f3a9c","method":"tools/list"}',
    '{"jsonrpc":"2.0","id":"5f3a9c","result":{"tools":[]}}',
  ),
  head(`logs, ${HEAD_BYTES} bytes of 64 KiB`, logs),
  head(`a string, ${HEAD_BYTES} bytes of 64 KiB`, code),
  ...smallMessages.map(({ protocol, opening, request, response }) =>
    pairOf(PROTOCOLS[protocol], protocol, withByte(request), withByte(response), opening),
  ),
  dockerPair,
  { ...dockerPair, name: 'docker ps, http beside jsonrpc', protocol: PROTOCOLS.jsonrpc, carriers: ['http'] },
];

function repeated(work: () => void): Work {
  return (times) => {
    for (let i = 0; i < times; i++) work();
  };
}

/** Messages through a decoder, and through a parser that makes values of all that is in them. */
export function decodeRows(): string[][] {
  const rows = kinds.map(({ name, protocol, opening, show, messages, beside, carriers = [] }) => {
    const counter = new Counter();
    const decoder = protocol.createDecoder(counter, { keepPayload: false, carriers });
    if (opening !== undefined) {
      decoder.data(SEND, withByte(opening.sent), 0, opening.sent.length, 1);
      decoder.data(RECV, withByte(opening.received), 0, opening.received.length, 1);
    }
    const ns = nsEach((times) => {
      for (let i = 0; i < times; i++) show(decoder);
    });
    if (counter.undecodables > 0) throw new Error(`${name}: ${counter.undecodables} were not understood`);
    const row = [name, (ns / messages).toFixed(0), ((1e9 / ns) * messages).toFixed(0)];
    if (beside === undefined) return [...row, '', ''];
    return [...row, (nsEach(repeated(beside.show)) / messages).toFixed(0), beside.name];
  });
  return [['', 'message, ns', 'messages/s', 'beside, ns', ''], ...rows];
}
