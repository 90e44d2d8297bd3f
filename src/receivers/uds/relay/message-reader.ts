import { ReceivedControl } from '../../../linux/control-data.js';
import { EMSGSIZE } from '../../../linux/errno.js';
import { NativeMemory } from '../../../linux/memory.js';
import { MessageHeader } from '../../../linux/message-header.js';
import { receiveMessage } from '../../../linux/socket.js';
import type { PassingDescriptors } from './passing-descriptors.js';

/**
 * Room for the longest message there can be: the kernel keeps one in a piece of memory of 4 MiB at most and some pages beside
 * (net/core/sock.c, sock_alloc_send_pskb). Memory that no message has needed is not there yet.
 */
const MESSAGE_BYTES_MAX = 8 * 2 ** 20;

/** A longer message gives its memory back when it has been passed on. */
const KEPT_BYTES = 2 ** 20;

/** Behind a message: a framer puts a byte there that ends its search. */
const SENTINEL_BYTES = 1;

/** sizeof(struct sockaddr_un). */
export const ADDRESS_BYTES_MAX = 110;

/** What `receive` returns at the end of a connection, and where there is no room for descriptors: no errno is so large. */
export const END_OF_MESSAGES = -4095;
export const NO_ROOM_FOR_MESSAGE = -4096;

/**
 * Reads messages with all that belongs to them. The sockets must have SO_PASSCRED: what tells an empty message from the end of a
 * connection is that the kernel says who sent it.
 */
export class MessageReader {
  readonly memory = new NativeMemory(MESSAGE_BYTES_MAX + SENTINEL_BYTES);
  /** What came with the last message. */
  readonly control: ReceivedControl;
  /** The address that the last datagram came from, after the two bytes of its family. */
  readonly name = new NativeMemory(ADDRESS_BYTES_MAX);
  readonly #header = new MessageHeader();
  readonly #descriptors: PassingDescriptors;

  constructor(descriptors: PassingDescriptors) {
    this.#descriptors = descriptors;
    this.control = new ReceivedControl(this.#header, { withSender: true });
    this.#header.setBuffer(this.memory.address, MESSAGE_BYTES_MAX);
    this.#header.setName(this.name.address, ADDRESS_BYTES_MAX);
  }

  /** The length of that address: up to 2 if the sender has none. */
  get nameBytes(): number {
    return this.#header.nameBytes;
  }

  /** Reads a message: its length, or a negated errno, -EMSGSIZE if it was cut; END_OF_MESSAGES, or NO_ROOM_FOR_MESSAGE. */
  receive(fd: number): number {
    const bytes = this.#receive(fd);
    // The kernel looks for a message, and then whether the peer has said that it sends no more, without a lock on both: what came in
    // between is behind an end (net/unix/af_unix.c, __unix_dgram_recvmsg). An end that is told again is one.
    return bytes === END_OF_MESSAGES ? this.#receive(fd) : bytes;
  }

  #receive(fd: number): number {
    const { control } = this;
    const descriptors = this.#descriptors;
    if (!descriptors.hasRoom()) return NO_ROOM_FOR_MESSAGE;
    this.#header.nameBytes = ADDRESS_BYTES_MAX;
    control.expect(descriptors.most);
    const bytes = descriptors.areCut ? this.#receiveInTime(fd) : receiveMessage(fd, this.#header);
    if (bytes < 0) return bytes;
    if (bytes === 0 && !control.isThere) return END_OF_MESSAGES;
    control.read();
    return bytes <= MESSAGE_BYTES_MAX ? bytes : -EMSGSIZE;
  }

  /** Reads where the kernel drops what is too much of a message: its owner must not make this thread wait. */
  #receiveInTime(fd: number): number {
    const { waits } = this.#descriptors;
    waits.begin();
    const bytes = receiveMessage(fd, this.#header);
    waits.end();
    return bytes;
  }

  /** The last message, of so many bytes, is needed no more. */
  done(bytes: number): void {
    if (bytes > KEPT_BYTES) this.memory.discard();
  }
}
