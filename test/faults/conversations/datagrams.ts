import { monotonicMs } from '../../../src/linux/clock.js';
import { AF_UNIX } from '../../../src/linux/constants.js';
import { check } from '../../../src/linux/errno.js';
import * as libc from '../../../src/linux/libc.js';
import { NativeMemory } from '../../../src/linux/memory.js';
import { arrival, receiveFrom, send } from './channel.js';
import { contentBytes } from './content.js';

/*
 * A datagram says which one it is of which conversation, since its socket is everybody's:
 *
 *   0 number   4 index   8 ~number   12 content
 */
export const DATAGRAM_HEADER_BYTES = 12;
const BYTES_MAX = 2 ** 18;

/** Datagrams that take so long have been lost, if none at all has come or gone for so long; or in any case. All in ms. */
const LOST_MS = 5000;
const SILENT_MS = 2000;
const PATIENCE_MS = 60_000;

/** When this process has sent or received one. */
let movedMs = 0;

const scratch = new NativeMemory(BYTES_MAX);

/** Who and what a datagram is of. */
export interface DatagramHead {
  readonly number: number;
  readonly index: number;
  /** A struct sockaddr_un; empty if its sender has no address. */
  readonly sender: Buffer;
}

/**
 * Whether what a conversation has waited for since then is lost. On a machine that has much else to do others go first for a long time, so
 * that it is not while there are others.
 */
export function isLost(sinceMs: number, nowMs: number): boolean {
  const waitedMs = nowMs - sinceMs;
  return waitedMs >= PATIENCE_MS || (waitedMs >= LOST_MS && nowMs - movedMs >= SILENT_MS);
}

/** Gives a socket a name of the kernel's choice, for answers (unix(7), autobind). */
export function nameSocket(fd: number): void {
  const family = Uint8Array.of(AF_UNIX, 0);
  check('bind', libc.result(libc.bind(fd, family, family.byteLength)));
}

/**
 * recvmsg(2); what came is in `arrival`, without its header. A negated errno, or whose it is.
 *
 * @throws Error if it is none of ours
 */
export function receiveDatagram(fd: number): DatagramHead | number {
  const { result, address } = receiveFrom(fd);
  if (result < 0) return result;
  movedMs = monotonicMs();
  const { bytes } = arrival;
  if (result < DATAGRAM_HEADER_BYTES || bytes.readInt32LE(8) !== ~bytes.readInt32LE(0))
    throw new Error(`a datagram of ${result} bytes is none that was sent`);
  arrival.bytes = bytes.subarray(DATAGRAM_HEADER_BYTES);
  return { number: bytes.readInt32LE(0), index: bytes.readInt32LE(4), sender: address };
}

export interface OutgoingDatagram {
  readonly number: number;
  readonly index: number;
  /** Of the content: where it begins, and how much there is. */
  readonly phase: number;
  readonly offset: number;
  readonly length: number;
  readonly descriptors: readonly number[];
}

/** sendmsg(2), to an address or to whom the socket is connected. The number of bytes, or a negated errno. */
export function sendDatagram(fd: number, datagram: OutgoingDatagram, to?: Buffer): number {
  const { number, index, phase, offset, length, descriptors } = datagram;
  scratch.words[0] = number;
  scratch.words[1] = index;
  scratch.words[2] = ~number;
  contentBytes(phase, offset, length).copy(scratch.bytes, DATAGRAM_HEADER_BYTES);
  const sent = send(fd, scratch.address, DATAGRAM_HEADER_BYTES + length, descriptors, to);
  if (sent > 0) movedMs = monotonicMs();
  return sent;
}
