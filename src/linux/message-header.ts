import { NativeMemory } from './memory.js';

/*
 * struct msghdr and its struct iovec, side by side in native memory (little-endian, 64-bit;
 * musl declares some lengths as 32 bits followed by padding, which is the same bytes):
 *
 *   0 msg_name   8 msg_namelen   16 msg_iov ──┐  24 msg_iovlen
 *  32 msg_control  40 msg_controllen  48 msg_flags
 *  64 iov_base ◄─────────────────────────────┘  72 iov_len
 *  80 iov_base = nowhere                        88 iov_len = 1      only if `endsNowhere`
 */
const NAME_BYTES = 8 / 4;
const CONTROL_BYTES = 40 / 4;
const FLAGS = 48 / 4;
const IOV_OFFSET = 64;
const IOV_LENGTH = 72 / 4;
const IOV_COUNT = 24 / 4;
const NOWHERE = 80;
const BYTES = 96;
/** An address that is never mapped (vm.mmap_min_addr): in the page of the null pointer. */
const UNMAPPED = 8;
const HIGH_WORD = 2 ** 32;

/**
 * A msghdr with one buffer for recvmsg(2) and sendmsg(2). A thread reuses it for every call. Control data is read and
 * written by ReceivedControl and SentControl.
 */
export class MessageHeader {
  readonly address: number;
  readonly #words: Uint32Array;

  constructor() {
    const memory = new NativeMemory(BYTES);
    this.address = memory.address;
    this.#words = new Uint32Array(memory.buffer);
    this.#setAddress(16, memory.address + IOV_OFFSET);
    this.#words[IOV_COUNT] = 1;
    this.#setAddress(NOWHERE, UNMAPPED);
    this.#words[NOWHERE / 4 + 2] = 1;
  }

  /** Points the header at `length` bytes from `base`, a native address. */
  setBuffer(base: number, length: number): void {
    this.#setAddress(IOV_OFFSET, base);
    this.#words[IOV_LENGTH] = length;
  }

  /** Whether the buffer is followed by a byte that nothing can be copied to: the kernel fails there (EFAULT). */
  set endsNowhere(does: boolean) {
    this.#words[IOV_COUNT] = does ? 2 : 1;
  }

  /** msg_name: a socket address of `length` bytes at a native address, or room for one. */
  setName(base: number, length: number): void {
    this.#setAddress(0, base);
    this.#words[NAME_BYTES] = length;
  }

  /** msg_namelen: how much room there is for an address; after recvmsg(2), how long the sender's is. */
  get nameBytes(): number {
    return this.#words[NAME_BYTES];
  }

  set nameBytes(bytes: number) {
    this.#words[NAME_BYTES] = bytes;
  }

  /** msg_control: where control data is, a native address; none of it counts until `controlBytes` is set. */
  setControl(base: number): void {
    this.#setAddress(32, base);
    this.#words[CONTROL_BYTES] = 0;
  }

  /** msg_controllen: how much control data may come, or goes; after recvmsg(2), how much has come. */
  get controlBytes(): number {
    return this.#words[CONTROL_BYTES];
  }

  set controlBytes(bytes: number) {
    this.#words[CONTROL_BYTES] = bytes;
  }

  /** msg_flags (MSG_*) as the last recvmsg(2) left them. */
  get flags(): number {
    return this.#words[FLAGS];
  }

  #setAddress(offset: number, address: number): void {
    const index = offset >> 2;
    this.#words[index] = address >>> 0;
    this.#words[index + 1] = (address / HIGH_WORD) >>> 0;
  }
}
