import { ECONNREFUSED, ENOENT } from '../../../linux/errno.js';
import { NativeMemory } from '../../../linux/memory.js';
import { bindReplyFile, removeReplyFile } from '../../../linux/reply-file.js';
import { isSameFile, openBoundFile, writeHeldAddress } from '../../../linux/reply-path.js';
import { autobind, close, connect, passCredentials } from '../../../linux/socket.js';
import { openSocket } from '../../../linux/socket-type.js';
import { CLIENT, type ConnectionTable, NO_FD, UPSTREAM } from './connection-table.js';
import type { MessageReader } from './message-reader.js';

/** sun_path begins here in an address. */
export const PATH_OFFSET = 2;
const NAME_BYTES = 112;

/**
 * The names of senders of datagrams, by slot: where answers go to, and what the upstream sees in its place.
 *
 *   client's path            ◄── held open with O_PATH, as /proc/self/fd/N     relay     a file in the directory of replies ◄── upstream
 *   client's abstract name   ◄── as it is                                                 a name of the kernel's
 *
 * A client with a path is seen with one: software that keeps addresses as C strings answers to nothing else.
 */
export class SenderNames {
  readonly #table: ConnectionTable;
  /** By slot: the address that answers go to, as struct sockaddr_un; 0 bytes: nowhere. */
  readonly #names: NativeMemory;
  readonly #bytes: Uint8Array;
  /** By slot: the file that its socket towards the upstream is bound to. */
  readonly #files: (string | undefined)[];
  /** By slot: 1 if that socket has a name. */
  readonly #isBound: Uint8Array;
  #probe = NO_FD;

  constructor(table: ConnectionTable) {
    this.#table = table;
    this.#names = new NativeMemory(table.slots * NAME_BYTES);
    this.#bytes = new Uint8Array(table.slots);
    this.#files = new Array(table.slots).fill(undefined);
    this.#isBound = new Uint8Array(table.slots);
  }

  /** The length of the socket address that answers go to, 0 if they can go nowhere. */
  bytes(slot: number): number {
    return this.#bytes[slot];
  }

  /** Native address of it. */
  address(slot: number): number {
    return this.#names.address + slot * NAME_BYTES;
  }

  /**
   * Finds out where answers go to the sender of the datagram that was just read, which has an address, and gives its socket towards the
   * upstream a name. `directory`: for names that are paths.
   */
  take(slot: number, pid: number, reader: MessageReader, directory: string | undefined): void {
    const { bytes } = reader.name;
    const to = slot * NAME_BYTES;
    const isPath = bytes[PATH_OFFSET] !== 0;
    if (isPath) {
      const file = openBoundFile(pid, reader.control.pidfd, bytes.subarray(PATH_OFFSET, reader.nameBytes));
      if (file < 0) return;
      this.#hold(slot, file);
      this.#bytes[slot] = writeHeldAddress(this.#names.bytes, to, file);
    } else {
      this.#names.bytes.set(bytes.subarray(0, reader.nameBytes), to);
      this.#bytes[slot] = reader.nameBytes;
    }
    if (this.#isBound[slot] === 1) return;
    this.#isBound[slot] = 1;
    const upstream = this.#table.fd[slot * 2 + UPSTREAM];
    if (isPath && directory !== undefined) this.#files[slot] = bindReplyFile(upstream, directory);
    if (this.#files[slot] === undefined) autobind(upstream);
    passCredentials(upstream);
  }

  /** Whether the path of the datagram that was just read, as its sender sees it, leads to the socket that answers go to. */
  isSame(slot: number, pid: number, reader: MessageReader): boolean {
    const held = this.#table.fd[slot * 2 + CLIENT];
    if (held === NO_FD) return true;
    const { bytes } = reader.name;
    const file = openBoundFile(pid, reader.control.pidfd, bytes.subarray(PATH_OFFSET, reader.nameBytes));
    if (file < 0) return false;
    const isSame = isSameFile(file, held);
    close(file);
    return isSame;
  }

  /** Whether the path of a sender led to a socket that is closed now: its process has bound another one there. */
  isStale(slot: number): boolean {
    return this.#table.fd[slot * 2 + CLIENT] !== NO_FD && !this.isThere(slot);
  }

  /** Whether a sender that has a name could still be given an answer: the kernel finds its socket. */
  isThere(slot: number): boolean {
    if (this.#probe === NO_FD) {
      const probe = openSocket('dgram');
      if (probe < 0) return true;
      this.#probe = probe;
      this.#table.keep(probe);
    }
    const from = slot * NAME_BYTES;
    const result = connect(this.#probe, this.#names.bytes.subarray(from, from + this.#bytes[slot]));
    return result !== -ECONNREFUSED && result !== -ENOENT;
  }

  /** A slot is closed. */
  forget(slot: number): void {
    const file = this.#files[slot];
    if (file !== undefined) removeReplyFile(file);
    this.#files[slot] = undefined;
    this.#bytes[slot] = 0;
    this.#isBound[slot] = 0;
  }

  /** There is no sender any more. */
  close(): void {
    if (this.#probe === NO_FD) return;
    this.#table.letGo(this.#probe);
    close(this.#probe);
    this.#probe = NO_FD;
  }

  #hold(slot: number, file: number): void {
    const { fd } = this.#table;
    const end = slot * 2 + CLIENT;
    const former = fd[end];
    fd[end] = file;
    if (former !== NO_FD) close(former);
  }
}
