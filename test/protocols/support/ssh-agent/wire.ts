import { LENGTH_BYTES } from './framing/messages.js';

/** A message of ssh-agent with so many bytes of contents. */
export function sshAgentMessage(type: number, contentBytes = 0): Buffer {
  const message = Buffer.alloc(LENGTH_BYTES + 1 + contentBytes, 0x61);
  message.writeUInt32BE(1 + contentBytes);
  message[LENGTH_BYTES] = type;
  return message;
}
