import { Envelope } from '../../src/protocols/jsonrpc/envelope.js';
import { nsEach } from './measure.js';
import { code, completionList, ethCall, ethResult, logs, toolCall } from './messages.js';

const HEAD_BYTES = 512;

const messages: [string, string][] = [
  ['eth_call', ethCall],
  ['its result', ethResult],
  ['tools/call with a trace', toolCall],
  ['LSP completion', completionList],
  ['64 KiB of logs', logs],
  ['64 KiB in a string', code],
];

/** Finding the parts of a message in its bytes, against parsing it. */
export function scanRows(): string[][] {
  const rows = messages.map(([name, text]) => {
    const bytes = Buffer.from(`${text}\n`);
    const end = bytes.length - 1;
    const head = Math.min(end, HEAD_BYTES);
    const envelope = new Envelope();
    const read = (to: number) =>
      nsEach((times) => {
        for (let i = 0; i < times; i++) envelope.read(bytes, 0, to, to < end);
      });
    let parsed: unknown;
    const parse = nsEach((times) => {
      for (let i = 0; i < times; i++) parsed = JSON.parse(bytes.toString('utf8', 0, end));
    });
    if (parsed === undefined) throw new Error(`${name} is no JSON`);
    const whole = read(end);
    const cells = [end, read(head), whole, parse].map((value) => value.toFixed(0));
    return [name, ...cells, (parse / whole).toFixed(1)];
  });
  return [['', 'bytes', `head of ${HEAD_BYTES}, ns`, 'whole, ns', 'JSON.parse, ns', 'times'], ...rows];
}
