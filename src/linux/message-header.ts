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

/** A msghdr over one buffer, for recvmsg(2) and sendmsg(2). Reused for every call of a thread. */
export class MessageHeader {
  readonly address: number;
  readonly #words: Uint32Array;

  constructor() {
    const memory = new NativeMemory(BYTES);
    this.address = memory.address;
    this.#words = new Uint32Array(memory.buffer);
    this.#setAddress(16, memory.address + IOV_OFFSET);
    this.#words[24 / 4] = 1;
  }

  /** Points the header at `length` bytes from `base`, a native address. */
  setBuffer(base: number, length: number): void {
    this.#setAddress(IOV_OFFSET, base);
    this.#words[(IOV_OFFSET + 8) / 4] = length;
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
