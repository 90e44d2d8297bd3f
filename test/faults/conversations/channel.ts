import { MSG_CMSG_CLOEXEC, MSG_NOSIGNAL } from '../../../src/linux/constants.js';
import { MESSAGE_DESCRIPTORS_MAX, ReceivedControl, SentControl } from '../../../src/linux/control-data.js';
import * as libc from '../../../src/linux/libc.js';
import { NativeMemory } from '../../../src/linux/memory.js';
import { MessageHeader } from '../../../src/linux/message-header.js';

const MSG_TRUNC = 0x20;
const SCRATCH_BYTES = 2 ** 18;
/** sizeof(struct sockaddr_un), unix(7). */
const NAME_BYTES = 110;

// One for all ends of this process: every call is over before the next one starts.
const scratch = new NativeMemory(SCRATCH_BYTES);
const name = new NativeMemory(2 * NAME_BYTES);
const receiver = new MessageHeader();
const received = new ReceivedControl(receiver, { withSender: true });
const sender = new MessageHeader();
const sent = new SentControl(sender);
const descriptorWords = new Int32Array(MESSAGE_DESCRIPTORS_MAX);

/** What came with the last message that was received. */
export const arrival: {
  /** Valid until the next. */
  bytes: Buffer;
  descriptors: number[];
  /** Who sent it, if the socket asks for that (SO_PASSCRED): at the end of messages nobody has. */
  hasSender: boolean;
  /** Whether descriptors, or the rest of the message, were dropped. */
  isCut: boolean;
} = { bytes: Buffer.alloc(0), descriptors: [], hasSender: false, isCut: false };

/** recvmsg(2) of up to `length` bytes, with the descriptors. Of sequenced packets, an end may be told before what has just come. */
export function receive(fd: number, length: number): number {
  const result = receiveOnce(fd, length);
  return result === 0 && !arrival.hasSender ? receiveOnce(fd, length) : result;
}

function receiveOnce(fd: number, length: number): number {
  receiver.setBuffer(scratch.address, Math.min(length, SCRATCH_BYTES));
  received.expect(MESSAGE_DESCRIPTORS_MAX);
  const result = libc.result(libc.recvmsg(fd, receiver.address, MSG_CMSG_CLOEXEC));
  if (result < 0) return result;
  received.read();
  arrival.bytes = scratch.bytes.subarray(0, result);
  arrival.descriptors = [...received.descriptors.subarray(0, received.count)];
  arrival.hasSender = received.hasCredentials;
  arrival.isCut = received.isCut || (receiver.flags & MSG_TRUNC) !== 0;
  return result;
}

/** The same for a datagram, whole; and its sender's address, which is empty if it has none. */
export function receiveFrom(fd: number): { result: number; address: Buffer } {
  receiver.setName(name.address, NAME_BYTES);
  const result = receive(fd, SCRATCH_BYTES);
  const address = Buffer.from(name.bytes.subarray(0, result < 0 ? 0 : receiver.nameBytes));
  receiver.setName(0, 0);
  return { result, address };
}

/** sendmsg(2) of `length` bytes at a native address, with descriptors, which stay the sender's. `to`: an address. */
export function send(
  fd: number,
  address: number,
  length: number,
  descriptors: readonly number[],
  to?: Buffer,
): number {
  if (descriptors.length === 0 && to === undefined)
    return libc.result(libc.send(fd, address, length, MSG_NOSIGNAL));
  sender.setBuffer(address, length);
  to?.copy(name.bytes, NAME_BYTES);
  sender.setName(to === undefined ? 0 : name.address + NAME_BYTES, to?.length ?? 0);
  sent.clear();
  descriptorWords.set(descriptors);
  if (descriptors.length > 0) sent.addDescriptors(descriptorWords, 0, descriptors.length);
  return libc.result(libc.sendmsg(fd, sender.address, MSG_NOSIGNAL));
}
