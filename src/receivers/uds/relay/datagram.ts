import { ECONNREFUSED, ECONNRESET, EDESTADDRREQ, ENOTCONN, EPIPE } from '../../../linux/errno.js';
import type { MessageParts } from './message-forwarder.js';
import type { OutgoingMessage } from './message-sender.js';

/** Describes in `message` the datagram that was just read of a sender, or of the upstream for it. */
export function describeDatagram(
  message: OutgoingMessage,
  { reader: { control, memory }, table }: MessageParts,
  slot: number,
  bytes: number,
): OutgoingMessage {
  message.address = memory.address;
  message.bytes = bytes;
  message.hasSender = table.speaksForClients[slot] === 1 && control.hasCredentials;
  message.pid = control.pid;
  message.uid = control.uid;
  message.gid = control.gid;
  return message;
}

/** Whether the upstream's socket was closed, or the sender's has not been connected. */
export function isGone(result: number): boolean {
  return (
    result === -ECONNREFUSED ||
    result === -ENOTCONN ||
    result === -EDESTADDRREQ ||
    result === -ECONNRESET ||
    result === -EPIPE
  );
}
