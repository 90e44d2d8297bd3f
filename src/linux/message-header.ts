import { pid } from 'node:process';
import { SCM_CREDENTIALS, SCM_RIGHTS, SOL_SOCKET } from './constants.js';
import { NativeMemory } from './memory.js';

/*
 * struct msghdr and its single struct iovec, side by side in native memory (little-endian, 64-bit;
 * musl declares some lengths as 32 bits followed by padding, which is the same bytes):
 *
 *   0 msg_name   8 msg_namelen   16 msg_iov ──┐  24 msg_iovlen = 1
 *  32 msg_control  40 msg_controllen  48 msg_flags
 *  64 iov_base ◄─────────────────────────────┘  72 iov_len
 */
const IOV_OFFSET = 64;
const BYTES = 80;
const HIGH_WORD = 2 ** 32;

/*
 * Control data with the sender's credentials, delivered if the receiver set SO_PASSCRED (unix(7), cmsg(3)):
 *
 *   0 cmsg_len   8 cmsg_level   12 cmsg_type   16 struct ucred { pid, uid, gid }
 */
const CONTROL_BYTES = 32;
const CREDENTIALS_LENGTH = 28;
const [LEVEL, TYPE, PID, UID, GID] = [2, 3, 4, 5, 6];

/** A msghdr with one buffer for recvmsg(2) and sendmsg(2). A thread reuses it for every call. */
export class MessageHeader {
  readonly address: number;
  readonly #words: Uint32Array;

  /** `control`: control data that is sent with every message. */
  constructor(control?: NativeMemory) {
    const memory = new NativeMemory(BYTES);
    this.address = memory.address;
    this.#words = new Uint32Array(memory.buffer);
    this.#setAddress(16, memory.address + IOV_OFFSET);
    this.#words[24 / 4] = 1;
    if (control === undefined) return;
    this.#setAddress(32, control.address);
    this.#words[40 / 4] = control.byteLength;
  }

  /** Points the header at `length` bytes from `base`, a native address. */
  setBuffer(base: number, length: number): void {
    this.#setAddress(IOV_OFFSET, base);
    this.#words[(IOV_OFFSET + 8) / 4] = length;
  }

  /** msg_controllen: how much control data may come; after recvmsg(2), how much has come. */
  get controlBytes(): number {
    return this.#words[40 / 4];
  }

  set controlBytes(bytes: number) {
    this.#words[40 / 4] = bytes;
  }

  /** msg_flags (MSG_*) as the last recvmsg(2) left them. */
  get flags(): number {
    return this.#words[48 / 4];
  }

  #setAddress(offset: number, address: number): void {
    const index = offset >> 2;
    this.#words[index] = address >>> 0;
    this.#words[index + 1] = (address / HIGH_WORD) >>> 0;
  }
}

/**
 * A msghdr for sendmsg(2) with explicit sender credentials. Without it the kernel passes the thread's real user and
 * group. Other ids need CAP_SETUID and CAP_SETGID. The pid is always that of this process.
 */
export class SenderHeader extends MessageHeader {
  readonly #control: Int32Array;

  constructor() {
    const memory = new NativeMemory(CONTROL_BYTES);
    super(memory);
    this.#control = memory.words;
    this.#control[0] = CREDENTIALS_LENGTH;
    this.#control[LEVEL] = SOL_SOCKET;
    this.#control[TYPE] = SCM_CREDENTIALS;
    this.#control[PID] = pid;
  }

  /** Sets the user and group that the next message is sent as. */
  setSender(uid: number, gid: number): void {
    this.#control[UID] = uid;
    this.#control[GID] = gid;
  }
}

/** SCM_MAX_FD of the kernel (net/scm.h): more descriptors do not come with one message. */
export const MESSAGE_DESCRIPTORS_MAX = 253;

const CONTROL_HEADER_BYTES = 16;
const DESCRIPTOR_BYTES = 4;

/**
 * A msghdr for recvmsg(2) that takes the descriptors which come along (SCM_RIGHTS). Each of them is open from then on, and
 * the caller's to close.
 */
export class ReceiverHeader extends MessageHeader {
  readonly #control: Int32Array;

  constructor() {
    const memory = new NativeMemory(CONTROL_HEADER_BYTES + MESSAGE_DESCRIPTORS_MAX * DESCRIPTOR_BYTES);
    super(memory);
    this.#control = memory.words;
  }

  /** Takes so many descriptors of the next message at most; the kernel drops the rest and says so by MSG_CTRUNC. */
  takeDescriptors(count: number): void {
    this.controlBytes = count === 0 ? 0 : CONTROL_HEADER_BYTES + count * DESCRIPTOR_BYTES;
  }

  /** Calls `take` with each descriptor of the last message. Returns how many there were. */
  eachDescriptor(take: (fd: number) => void): number {
    const control = this.#control;
    // The kernel delivers nothing else unless it is asked to (SO_PASSCRED and the like), and all descriptors in one piece.
    const isRights = control[LEVEL] === SOL_SOCKET && control[TYPE] === SCM_RIGHTS;
    if (this.controlBytes === 0 || !isRights) return 0;
    const count = (control[0] - CONTROL_HEADER_BYTES) / DESCRIPTOR_BYTES;
    for (let i = 0; i < count; i++) take(control[CONTROL_HEADER_BYTES / DESCRIPTOR_BYTES + i]);
    return count;
  }
}
