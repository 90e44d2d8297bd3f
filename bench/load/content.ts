import { randomBytes, randomFillSync } from 'node:crypto';

/** The content of messages. */
export type Content = 'random' | 'json-rpc';

/** Fills a message with new content. */
export function fillMessage(message: Buffer, content: Content): void {
  if (content === 'random') randomFillSync(message);
  else fillCall(message);
}

/** A JSON-RPC request on a line of its own, as long as the message. */
function fillCall(message: Buffer): void {
  const id = randomBytes(4).readUInt32LE();
  const head = `{"jsonrpc":"2.0","id":${id},"method":"eth_call","params":["0x`;
  const tail = '"]}\n';
  const digits = message.length - head.length - tail.length;
  if (digits < 0) throw new RangeError(`a call does not fit ${message.length} bytes`);
  message.write(head + randomBytes(digits).toString('hex').slice(0, digits) + tail);
}
