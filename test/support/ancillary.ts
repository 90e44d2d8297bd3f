import { check } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { eventually } from './eventually.js';
import type { RawStream } from './raw-stream.js';

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_OOB = 1;
const SO_PASSCRED = 16;
const RECEIVED_BYTES = 1024;

/*
 * In one piece of native memory, 64-bit little-endian:
 *
 *   0 struct msghdr   64 struct iovec   96 struct cmsghdr { u64 len; int level; int type; int fd }   128 bytes
 */
const IOV = 64;
const CONTROL = 96;
const CONTROL_HEADER = 16;
const DATA = 128;
/** Control data with many descriptors, behind the text. */
const MANY = 2048;

const memory = new NativeMemory(4096);
const view = new DataView(memory.buffer);

function putAddress(offset: number, address: number): void {
  view.setBigUint64(offset, BigInt(address), true);
}

function sendMessage(
  stream: RawStream,
  text: string,
  controlBytes: number,
  flags: number,
  control = CONTROL,
): void {
  const length = Buffer.from(memory.buffer).write(text, DATA);
  putAddress(16, memory.address + IOV);
  view.setUint32(24, 1, true);
  putAddress(32, controlBytes === 0 ? 0 : memory.address + control);
  view.setUint32(40, controlBytes, true);
  putAddress(IOV, memory.address + DATA);
  view.setUint32(IOV + 8, length, true);
  const sent = libc.result(libc.sendmsg(stream.fd, memory.address, flags));
  if (sent !== length) throw new Error(`sendmsg: ${sent}`);
  stream.sent += length;
}

/** Sends text with a descriptor, as unix(7) has it. */
export function sendWithDescriptor(stream: RawStream, text: string, fd: number): void {
  sendWithDescriptors(stream, text, [fd]);
}

/** Sends text with up to 253 descriptors. */
export function sendWithDescriptors(stream: RawStream, text: string, fds: readonly number[]): void {
  const length = CONTROL_HEADER + 4 * fds.length;
  view.setUint32(MANY, length, true);
  view.setUint32(MANY + 4, 0, true);
  view.setInt32(MANY + 8, SOL_SOCKET, true);
  view.setInt32(MANY + 12, SCM_RIGHTS, true);
  for (const [i, fd] of fds.entries()) view.setInt32(MANY + CONTROL_HEADER + 4 * i, fd, true);
  sendMessage(stream, text, length, 0, MANY);
}

/** Sends one byte out of band. */
export function sendOutOfBand(stream: RawStream, byte: string): void {
  sendMessage(stream, byte, 0, MSG_OOB);
}

/** Has the kernel tell of each message who sent it, also to those who are accepted from a listener. */
export function askForSenders(fd: number): void {
  check('setsockopt', libc.result(libc.setsockopt(fd, SOL_SOCKET, SO_PASSCRED, Int32Array.of(1), 4)));
}

/** Waits for a message and who sent it. */
export async function receiveFromSender(
  stream: RawStream,
): Promise<{ text: string; uid: number; gid: number }> {
  const bytes = await eventually('a message comes', () => {
    putAddress(16, memory.address + IOV);
    view.setUint32(24, 1, true);
    putAddress(32, memory.address + CONTROL);
    view.setUint32(40, DATA - CONTROL, true);
    putAddress(IOV, memory.address + DATA);
    view.setUint32(IOV + 8, RECEIVED_BYTES, true);
    return Math.max(0, libc.result(libc.recvmsg(stream.fd, memory.address, 0)));
  });
  // Behind struct cmsghdr, struct ucred { pid, uid, gid }.
  const [uid, gid] = [view.getUint32(CONTROL + 20, true), view.getUint32(CONTROL + 24, true)];
  return { text: memory.bytes.toString('utf8', DATA, DATA + bytes), uid, gid };
}
