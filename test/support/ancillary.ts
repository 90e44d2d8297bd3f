import { MESSAGE_DESCRIPTORS_MAX, ReceivedControl, SentControl } from '../../src/linux/control-data.js';
import { check, EAGAIN, errnoName, SystemCallError } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { receive, send } from '../../src/linux/socket.js';
import { eventually } from './eventually.js';
import type { RawStream } from './raw-stream.js';

const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_OOB = 1;
const SO_PASSCRED = 16;
const ROOM_BYTES = 64 * 1024;

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

const room = new NativeMemory(ROOM_BYTES);
const sendingHeader = new MessageHeader();
const sentControl = new SentControl(sendingHeader);
const receivingHeader = new MessageHeader();
const receivedControl = new ReceivedControl(receivingHeader, { withSender: true });

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

/** Offers bytes, up to 64 KiB, with descriptors; how many bytes the kernel took, or the name of an errno. */
export function trySendWithDescriptors(
  stream: RawStream,
  bytes: Uint8Array,
  fds: readonly number[],
): number | string {
  const length = Math.min(bytes.length, ROOM_BYTES);
  room.bytes.set(bytes.subarray(0, length));
  sendingHeader.setBuffer(room.address, length);
  sentControl.clear();
  if (fds.length > 0) sentControl.addDescriptors(Int32Array.from(fds), 0, fds.length);
  const sent = send(stream.fd, sendingHeader);
  if (sent < 0) return errnoName(-sent);
  stream.sent += sent;
  return sent;
}

/** Receives up to so many bytes, and what descriptors come with them: the caller's to close. undefined if there is nothing. */
export function tryReceiveWithDescriptors(
  stream: RawStream,
  length = ROOM_BYTES,
): { bytes: Buffer; fds: number[] } | undefined {
  receivingHeader.setBuffer(room.address, Math.min(length, ROOM_BYTES));
  receivedControl.expect(MESSAGE_DESCRIPTORS_MAX);
  const received = receive(stream.fd, receivingHeader);
  if (received === -EAGAIN) return undefined;
  if (received < 0) throw new SystemCallError('recvmsg', -received);
  receivedControl.read();
  const fds = [...receivedControl.descriptors.subarray(0, receivedControl.count)];
  return { bytes: Buffer.from(room.bytes.subarray(0, received)), fds };
}

/** Waits for bytes, or the end of the stream. */
export function receiveWithDescriptors(
  stream: RawStream,
  length?: number,
): Promise<{ bytes: Buffer; fds: number[] }> {
  return eventually('bytes come', () => tryReceiveWithDescriptors(stream, length));
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
): Promise<{ text: string; pid: number; uid: number; gid: number }> {
  const { bytes } = await receiveWithDescriptors(stream);
  const { pid, uid, gid } = receivedControl;
  return { text: bytes.toString(), pid, uid, gid };
}
