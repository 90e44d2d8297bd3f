import { AF_UNIX, MSG_TRUNC, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_SEQPACKET } from './constants.js';
import { MESSAGE_DESCRIPTORS_MAX, ReceivedControl, SentControl } from './control-data.js';
import { check, EINVAL } from './errno.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';
import { MessageHeader } from './message-header.js';
import { close, connect, receive, send } from './socket.js';

/** The longest message that is sent or taken: as long as that of sd_notify(3). */
export const MESSAGE_BYTES_MAX = 4096;

/** A message with descriptors. Received ones are open, and the receiver's to close. */
export interface DescriptorMessage {
  readonly text: string;
  readonly fds: readonly number[];
  /** A part of it did not fit, and is lost. */
  readonly isCut: boolean;
}

/** Made once, since native memory stays mapped. Messages are rare, and those of a thread follow each other. */
class Courier {
  readonly header = new MessageHeader();
  readonly received = new MessageHeader();
  readonly sentControl = new SentControl(this.header);
  readonly receivedControl = new ReceivedControl(this.received);
  readonly memory = new NativeMemory(MESSAGE_BYTES_MAX);
}

let courier: Courier | undefined;

/**
 * Sends a message with descriptors on a connected socket. Returns the number of bytes or a negated errno: -EAGAIN if the
 * receiver's queue is full, -EINVAL for a message that is too long.
 */
export function sendDescriptors(fd: number, text: string, fds: readonly number[]): number {
  courier ??= new Courier();
  const { header, sentControl, memory } = courier;
  const bytes = Buffer.from(text);
  if (bytes.length > MESSAGE_BYTES_MAX || fds.length > MESSAGE_DESCRIPTORS_MAX) return -EINVAL;
  memory.bytes.set(bytes);
  header.setBuffer(memory.address, bytes.length);
  sentControl.clear();
  if (fds.length > 0) sentControl.addDescriptors(Int32Array.from(fds), 0, fds.length);
  return send(fd, header);
}

/** As `sendDescriptors`, by a datagram to the socket with this address. */
export function sendDescriptorsTo(address: Uint8Array, text: string, fds: readonly number[]): number {
  const fd = libc.result(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd < 0) return fd;
  const connected = connect(fd, address);
  const result = connected < 0 ? connected : sendDescriptors(fd, text, fds);
  close(fd);
  return result;
}

/** The next message; a negated errno (-EAGAIN) if there is none, or 0 if the other end is closed, or has said nothing at all. */
export function receiveDescriptors(fd: number): DescriptorMessage | number {
  const message = receiveOne(fd);
  // The kernel may tell of an end before the last messages, if they have just come: see the relay's message-reader.ts.
  return message === 0 ? receiveOne(fd) : message;
}

function receiveOne(fd: number): DescriptorMessage | number {
  courier ??= new Courier();
  const { memory, received, receivedControl } = courier;
  received.setBuffer(memory.address, MESSAGE_BYTES_MAX);
  receivedControl.expect(MESSAGE_DESCRIPTORS_MAX);
  const length = receive(fd, received);
  // Descriptors may come without a word; not looked at they would stay open.
  if (length < 0 || (length === 0 && !receivedControl.isThere)) return length;
  receivedControl.read();
  return {
    text: memory.bytes.toString('utf8', 0, length),
    fds: [...receivedControl.descriptors.subarray(0, receivedControl.count)],
    isCut: receivedControl.isCut || (received.flags & MSG_TRUNC) !== 0,
  };
}

/** Two connected sockets of sequenced packets. @throws SystemCallError */
export function packetPair(): [number, number] {
  const fds = new Int32Array(2);
  const type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
  check('socketpair', libc.result(libc.socketpair(AF_UNIX, type, 0, fds)));
  return [fds[0], fds[1]];
}
