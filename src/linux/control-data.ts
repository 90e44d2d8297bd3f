/*
 * Control data beside the bytes of a message (cmsg(3), unix(7)), in native memory: pieces one behind the other, each at a
 * multiple of eight bytes.
 *
 *   0 cmsg_len   8 cmsg_level   12 cmsg_type   16 data            cmsg_len: with this header, without what aligns the next
 *
 *   SCM_RIGHTS        int × 1 to 253       descriptors
 *   SCM_CREDENTIALS   pid, uid, gid        who sent it; received if the receiver has SO_PASSCRED
 *   SCM_PIDFD         int                  a pidfd of that process; received if the receiver has SO_PASSPIDFD
 *
 * The kernel delivers all descriptors of a message in one piece, and the pieces in any order.
 */
import { MSG_CTRUNC, SCM_CREDENTIALS, SCM_PIDFD, SCM_RIGHTS, SOL_SOCKET } from './constants.js';
import { NativeMemory } from './memory.js';
import type { MessageHeader } from './message-header.js';

/** SCM_MAX_FD of the kernel (net/scm.h): more descriptors do not come with one message. */
export const MESSAGE_DESCRIPTORS_MAX = 253;

const WORD = Int32Array.BYTES_PER_ELEMENT;
const HEADER_BYTES = 16;
const HEADER_WORDS = HEADER_BYTES / WORD;
/** From the start of a piece, in words. */
const [LEVEL, TYPE, DATA] = [2, 3, 4];

const CREDENTIALS_BYTES = HEADER_BYTES + 3 * WORD;
const CREDENTIALS_SPACE = align(CREDENTIALS_BYTES);
const PIDFD_SPACE = align(HEADER_BYTES + WORD);
const RIGHTS_SPACE = align(rightsBytes(MESSAGE_DESCRIPTORS_MAX));

/** Room for what comes beside descriptors. */
const SENDER_SPACE = CREDENTIALS_SPACE + PIDFD_SPACE;

/** No descriptor. */
const NONE = -1;

/**
 * What came beside the bytes of the last message that was received with a header. Descriptors among it are open from then
 * on, and the caller's to close.
 */
export class ReceivedControl {
  /** The descriptors of the message that was read last, the first `count` of them, in their order. */
  readonly descriptors = new Int32Array(MESSAGE_DESCRIPTORS_MAX);
  count = 0;
  /** Whether it says who sent it. */
  hasCredentials = false;
  pid = 0;
  uid = 0;
  gid = 0;
  /** A pidfd of the sender, -1 where there is none. Also the caller's to close. */
  pidfd = NONE;
  readonly #header: MessageHeader;
  readonly #words: Int32Array;
  readonly #senderSpace: number;

  /** `withSender`: there is room for SCM_CREDENTIALS and SCM_PIDFD. */
  constructor(header: MessageHeader, { withSender = false } = {}) {
    const memory = new NativeMemory(SENDER_SPACE + RIGHTS_SPACE);
    header.setControl(memory.address);
    this.#header = header;
    this.#words = memory.words;
    this.#senderSpace = withSender ? SENDER_SPACE : 0;
  }

  /**
   * Before each recvmsg(2): so many descriptors are taken at most, one or more. The kernel drops the rest, which `isCut` tells
   * then. Credentials take the room of descriptors where there is none for the sender, and descriptors may take that of the sender.
   */
  expect(descriptors: number): void {
    this.#header.controlBytes = this.#senderSpace + rightsBytes(descriptors);
  }

  /** Before a recvmsg(2) that takes nothing. `isThere` tells all the same whether there would be something. */
  expectNothing(): void {
    this.#header.controlBytes = 0;
  }

  /** Whether anything came: `read` has something to tell, or something was dropped. */
  get isThere(): boolean {
    return this.#header.controlBytes !== 0 || this.isCut;
  }

  /** Whether the kernel dropped some of it: there was no room, or the process is out of descriptors. */
  get isCut(): boolean {
    return (this.#header.flags & MSG_CTRUNC) !== 0;
  }

  /** Reads what came with the last message. */
  read(): void {
    this.count = 0;
    this.hasCredentials = false;
    this.pidfd = NONE;
    const words = this.#words;
    const end = this.#header.controlBytes / WORD;
    for (let at = 0; at + HEADER_WORDS <= end; ) {
      // What the kernel writes is well-formed; a length that is not would never end this.
      const bytes = Math.min(words[at], (end - at) * WORD);
      if (bytes < HEADER_BYTES) return;
      if (words[at + LEVEL] === SOL_SOCKET) this.#readPiece(at, bytes);
      at += align(bytes) / WORD;
    }
  }

  #readPiece(at: number, bytes: number): void {
    const words = this.#words;
    const type = words[at + TYPE];
    if (type === SCM_RIGHTS) {
      const from = at + DATA;
      const to = at + Math.floor(bytes / WORD);
      for (let word = from; word < to && this.count < MESSAGE_DESCRIPTORS_MAX; word++) {
        this.descriptors[this.count++] = words[word];
      }
    } else if (type === SCM_CREDENTIALS && bytes >= CREDENTIALS_BYTES) {
      this.hasCredentials = true;
      this.pid = words[at + DATA];
      this.uid = words[at + DATA + 1] >>> 0;
      this.gid = words[at + DATA + 2] >>> 0;
    } else if (type === SCM_PIDFD && bytes >= HEADER_BYTES + WORD) {
      // In place of a pidfd there may be a negated errno.
      this.pidfd = Math.max(NONE, words[at + DATA]);
    }
  }
}

/** What goes beside the bytes of messages that are sent with a header, the same with each until it is changed. */
export class SentControl {
  readonly #header: MessageHeader;
  readonly #words: Int32Array;

  constructor(header: MessageHeader) {
    const memory = new NativeMemory(CREDENTIALS_SPACE + RIGHTS_SPACE);
    header.setControl(memory.address);
    this.#header = header;
    this.#words = memory.words;
  }

  /** Nothing goes beside the bytes. */
  clear(): void {
    this.#header.controlBytes = 0;
  }

  /**
   * Names the sender, whom a receiver is told that has SO_PASSCRED. Without it the kernel names this process, and the
   * thread's real user and group. Other ids need CAP_SETUID and CAP_SETGID, another pid CAP_SYS_ADMIN in the user namespace
   * of our pid namespace; -EPERM otherwise, and -ESRCH if there is no such process. To be called once after `clear`.
   */
  addSender(pid: number, uid: number, gid: number): void {
    const at = this.#begin(SCM_CREDENTIALS, CREDENTIALS_BYTES);
    const words = this.#words;
    words[at + DATA] = pid;
    words[at + DATA + 1] = uid;
    words[at + DATA + 2] = gid;
  }

  /** Adds `count` descriptors of `source`, from 1 to 253, from an index on. To be called once after `clear`. */
  addDescriptors(source: Int32Array, from: number, count: number): void {
    const data = this.#begin(SCM_RIGHTS, rightsBytes(count)) + DATA;
    for (let i = 0; i < count; i++) this.#words[data + i] = source[from + i];
  }

  /** Begins a piece behind the others; the index of its first word. */
  #begin(type: number, bytes: number): number {
    const words = this.#words;
    const start = align(this.#header.controlBytes);
    const at = start / WORD;
    words[at] = bytes;
    words[at + 1] = 0;
    words[at + LEVEL] = SOL_SOCKET;
    words[at + TYPE] = type;
    this.#header.controlBytes = start + bytes;
    return at;
  }
}

function rightsBytes(descriptors: number): number {
  return HEADER_BYTES + descriptors * WORD;
}

/** CMSG_ALIGN of the kernel on 64 bits. */
function align(bytes: number): number {
  return (bytes + 7) & ~7;
}
