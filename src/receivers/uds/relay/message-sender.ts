import { pid as ownPid } from 'node:process';
import { MESSAGE_DESCRIPTORS_MAX, SentControl } from '../../../linux/control-data.js';
import { EINVAL, EMSGSIZE, EPERM, ESRCH } from '../../../linux/errno.js';
import { MessageHeader } from '../../../linux/message-header.js';
import { makeRoomFor, send } from '../../../linux/socket.js';
import type { PassingDescriptors } from './passing-descriptors.js';

/** Who a message is said to come from: its sender, its sender's user and group alone, or whatever the kernel says of us. */
const SENDER = 2;
const IDS = 1;
const NOBODY = 0;

/** A message to be sent, whose descriptors are held for an end. */
export interface OutgoingMessage {
  /** Native address. */
  address: number;
  bytes: number;
  /** Whether it is known who sent it. `pid`: 0 if that process is not visible here. */
  hasSender: boolean;
  pid: number;
  uid: number;
  gid: number;
}

/**
 * Sends messages in one piece with their descriptors, and says who has sent them as far as this thread may: another pid needs
 * CAP_SYS_ADMIN, and a process that exists; another user and group need CAP_SETUID and CAP_SETGID.
 */
export class MessageSender {
  readonly #header = new MessageHeader();
  readonly #control = new SentControl(this.#header);
  readonly #fds = new Int32Array(MESSAGE_DESCRIPTORS_MAX);
  readonly #descriptors: PassingDescriptors;
  /** What this thread may say at most. */
  #most: number = SENDER;

  constructor(descriptors: PassingDescriptors) {
    this.#descriptors = descriptors;
  }

  /** Sends to the peer of a connected socket; the descriptors are those of `end`, `count` of them. As sendmsg(2). */
  send(fd: number, message: OutgoingMessage, end: number, count: number): number {
    return this.sendTo(fd, message, end, count, 0, 0);
  }

  /** The same to a socket address of `nameBytes` at a native address. */
  sendTo(
    fd: number,
    message: OutgoingMessage,
    end: number,
    count: number,
    name: number,
    nameBytes: number,
  ): number {
    this.#header.setName(name, nameBytes);
    this.#header.setBuffer(message.address, message.bytes);
    let said = message.hasSender ? Math.min(this.#most, message.pid > 0 ? SENDER : IDS) : NOBODY;
    let result = this.#try(fd, message, end, count, said);
    // EINVAL: its user has no number in our user namespace.
    while (said > NOBODY && (result === -EPERM || result === -ESRCH || result === -EINVAL)) {
      const mayNot = result === -EPERM;
      said--;
      result = this.#try(fd, message, end, count, said);
      // The sender may have been the first that this thread may not speak for, or the receiver takes nothing from us.
      if (mayNot && result !== -EPERM) this.#most = Math.min(this.#most, said);
    }
    return result;
  }

  /** The kernel looks at who is named before it looks at the length: each try may be the first that needs room. */
  #try(fd: number, message: OutgoingMessage, end: number, count: number, said: number): number {
    const result = this.#tryOnce(fd, message, end, count, said);
    if (result !== -EMSGSIZE) return result;
    makeRoomFor(fd, message.bytes);
    return this.#tryOnce(fd, message, end, count, said);
  }

  #tryOnce(fd: number, message: OutgoingMessage, end: number, count: number, said: number): number {
    this.#control.clear();
    if (said > NOBODY)
      this.#control.addSender(said === SENDER ? message.pid : ownPid, message.uid, message.gid);
    if (count > 0) {
      this.#descriptors.copy(end, this.#fds);
      this.#control.addDescriptors(this.#fds, 0, count);
    }
    return send(fd, this.#header);
  }
}
