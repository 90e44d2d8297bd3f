import { MSG_TRUNC } from '../../src/linux/constants.js';
import { MESSAGE_DESCRIPTORS_MAX, ReceivedControl, SentControl } from '../../src/linux/control-data.js';
import { check, EAGAIN, errnoName } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import * as socket from '../../src/linux/socket.js';
import { openSocket, type SocketType } from '../../src/linux/socket-type.js';
import type { Cleanup } from './cleanup.js';
import { eventually } from './eventually.js';

const SCRATCH_BYTES = 10 * 2 ** 20;
const ADDRESS_BYTES = 110;

// One for all ends: every call is over before the next one starts.
const scratch = new NativeMemory(SCRATCH_BYTES);
const names = new NativeMemory(ADDRESS_BYTES);
const outgoing = new MessageHeader();
const sentControl = new SentControl(outgoing);
const incoming = new MessageHeader();
const receivedControl = new ReceivedControl(incoming, { withSender: true });

export interface Sender {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface ReceivedMessage {
  readonly bytes: Buffer;
  readonly fds: number[];
  readonly sender: Sender | undefined;
  /** Where it came from, as `bind` takes it; undefined for a sender without an address. */
  readonly from: string | undefined;
}

export interface Sending {
  readonly fds?: readonly number[];
  readonly sender?: Sender;
  readonly to?: string;
}

/** One end of a socket whose messages have ends, non-blocking, with every answer of the kernel as it is. */
export class MessageEnd {
  #open = true;

  constructor(
    readonly fd: number,
    cleanup: Cleanup,
  ) {
    cleanup.defer(() => this.close());
  }

  static create(type: SocketType, cleanup: Cleanup): MessageEnd {
    return new MessageEnd(check('socket', openSocket(type)), cleanup);
  }

  /** @throws SystemCallError */
  static connect(type: SocketType, path: string, cleanup: Cleanup): MessageEnd {
    const end = MessageEnd.create(type, cleanup);
    end.connect(path);
    return end;
  }

  /** Bound, and listening if its type can. */
  static bind(type: SocketType, path: string, cleanup: Cleanup, backlog = 4096): MessageEnd {
    const end = MessageEnd.create(type, cleanup);
    check('bind', socket.bind(end.fd, unixAddress(path)));
    socket.listen(end.fd, backlog);
    return end;
  }

  connect(path: string): void {
    check('connect', socket.connect(this.fd, unixAddress(path)));
  }

  bind(path: string): void {
    check('bind', socket.bind(this.fd, unixAddress(path)));
  }

  /** Binds to an abstract name that the kernel chooses. */
  autobind(): void {
    check('bind', socket.bind(this.fd, Uint8Array.of(1, 0)));
  }

  tryAccept(cleanup: Cleanup): MessageEnd | undefined {
    const fd = socket.accept(this.fd);
    if (fd === -EAGAIN) return undefined;
    return new MessageEnd(check('accept4', fd), cleanup);
  }

  accept(cleanup: Cleanup): Promise<MessageEnd> {
    return eventually('it is connected to', () => this.tryAccept(cleanup));
  }

  askForSenders(): void {
    socket.passCredentials(this.fd);
  }

  setSendBuffer(bytes: number): void {
    check('setsockopt', socket.setSendBuffer(this.fd, bytes));
  }

  /** How many bytes were sent, or the name of an errno. */
  send(bytes: Uint8Array | string, { fds = [], sender, to }: Sending = {}): number | string {
    const length = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
    if (typeof bytes === 'string') scratch.bytes.write(bytes);
    else scratch.bytes.set(bytes);
    sentControl.clear();
    if (sender !== undefined) sentControl.addSender(sender.pid, sender.uid, sender.gid);
    if (fds.length > 0) sentControl.addDescriptors(Int32Array.from(fds), 0, fds.length);
    outgoing.setBuffer(scratch.address, length);
    const address = to === undefined ? new Uint8Array(0) : unixAddress(to);
    names.bytes.set(address);
    outgoing.setName(to === undefined ? 0 : names.address, address.length);
    const result = socket.send(this.fd, outgoing);
    return result < 0 ? errnoName(-result) : result;
  }

  /** Waits for room. @throws Error if it cannot be sent */
  async sendInTime(bytes: Uint8Array | string, sending: Sending = {}): Promise<void> {
    await eventually('there is room to send', () => {
      const sent = this.send(bytes, sending);
      if (typeof sent === 'number') return true;
      if (sent !== 'EAGAIN') throw new Error(`send: ${sent}`);
      return undefined;
    });
  }

  /** A message, or what the kernel said instead. An empty message of one that does not ask for senders looks like the end. */
  receive(): ReceivedMessage | 'EOF' | string {
    const received = this.#receive();
    // It may be told before what has just come.
    return received === 'EOF' ? this.#receive() : received;
  }

  #receive(): ReceivedMessage | 'EOF' | string {
    incoming.setBuffer(scratch.address, SCRATCH_BYTES);
    incoming.setName(names.address, ADDRESS_BYTES);
    receivedControl.expect(MESSAGE_DESCRIPTORS_MAX);
    const result = libc.result(libc.recvmsg(this.fd, incoming.address, MSG_TRUNC));
    if (result < 0) return errnoName(-result);
    if (result === 0 && !receivedControl.isThere) return 'EOF';
    receivedControl.read();
    const { hasCredentials, pid, uid, gid, count, descriptors, pidfd } = receivedControl;
    if (pidfd >= 0) socket.close(pidfd);
    const name = names.bytes.toString('latin1', 2, Math.max(2, incoming.nameBytes));
    return {
      bytes: Buffer.from(scratch.bytes.subarray(0, result)),
      fds: [...descriptors.subarray(0, count)],
      sender: hasCredentials ? { pid, uid, gid } : undefined,
      from: name === '' ? undefined : name.replace(/^\0/, '@').replace(/\0$/, ''),
    };
  }

  /** Waits for a message. @throws Error if something else comes */
  async receiveMessage(): Promise<ReceivedMessage> {
    const received = await this.receiveSome();
    if (typeof received === 'string') throw new Error(`receive: ${received}`);
    return received;
  }

  /** Waits for a message or an end. */
  receiveSome(): Promise<ReceivedMessage | string> {
    return eventually('something is received', () => {
      const received = this.receive();
      return received === 'EAGAIN' ? undefined : received;
    });
  }

  shutdown(how: number): void {
    socket.shutdown(this.fd, how);
  }

  close(): void {
    if (this.#open) socket.close(this.fd);
    this.#open = false;
  }
}
