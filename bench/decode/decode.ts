import { RECV, SEND } from '../../src/protocols/direction.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import type { Decoder, MessageSink } from '../../src/protocols/protocol.js';
import { nsEach } from './measure.js';
import { code, ethCall, ethResult, logs } from './messages.js';

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

interface Kind {
  name: string;
  show(decoder: Decoder): void;
  messages: number;
}

function bytesOf(text: string): Buffer {
  return Buffer.from(`${text}\n\0`);
}

function pair(name: string, request: string, response: string): Kind {
  const [asked, answered] = [bytesOf(request), bytesOf(response)];
  const show = (decoder: Decoder) => {
    decoder.data(SEND, asked, 0, asked.length - 1, 1);
    decoder.data(RECV, answered, 0, answered.length - 1, 2);
  };
  return { name, show, messages: 2 };
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
  return { name, show, messages: 1 };
}

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
];

/** Messages through a decoder. */
export function decodeRows(): string[][] {
  const rows = kinds.map(({ name, show, messages }) => {
    const counter = new Counter();
    const decoder = PROTOCOLS.jsonrpc.createDecoder(counter, { keepPayload: false });
    const ns = nsEach((times) => {
      for (let i = 0; i < times; i++) show(decoder);
    });
    if (counter.undecodables > 0) throw new Error(`${name}: ${counter.undecodables} were not understood`);
    return [name, (ns / messages).toFixed(0), ((1e9 / ns) * messages).toFixed(0)];
  });
  return [['', 'message, ns', 'messages/s'], ...rows];
}
