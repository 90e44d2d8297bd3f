import { check, EAGAIN, ECONNREFUSED, ENOENT, errnoName, SystemCallError } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import * as socket from '../../src/linux/socket.js';
import type { Cleanup } from './cleanup.js';
import { eventually } from './eventually.js';

const MSG_PEEK = 2;
const SCRATCH_BYTES = 2 ** 20;

// One for all streams: every call is over before the next one starts.
const scratch = new NativeMemory(SCRATCH_BYTES);
const scratchBytes = Buffer.from(scratch.buffer);
const header = new MessageHeader();

/** What the kernel said: bytes, the end of the stream, nothing yet (`EAGAIN`), or another errno's name. */
export type Received = Buffer | 'EOF' | string;

/** One end of a Unix stream connection, non-blocking, with every answer of the kernel as it is. */
export class RawStream {
  /** Bytes the kernel has taken from, and given to, this end. */
  sent = 0;
  received = 0;
  #open = true;

  constructor(readonly fd: number) {}

  /** @throws SystemCallError */
  static connect(path: string, cleanup: Cleanup): RawStream {
    const stream = RawStream.tryConnect(path, cleanup);
    if (typeof stream === 'string') throw new Error(`connect ${path}: ${stream}`);
    return stream;
  }

  /** Waits where the backlog is full, and for a listener to come. */
  static connectInTime(path: string, cleanup: Cleanup): Promise<RawStream> {
    const reasons = [EAGAIN, ECONNREFUSED, ENOENT].map(errnoName);
    return eventually(`${path} can be connected to`, () => {
      const stream = RawStream.tryConnect(path, cleanup);
      if (typeof stream !== 'string') return stream;
      if (!reasons.includes(stream)) throw new Error(`connect ${path}: ${stream}`);
      return undefined;
    });
  }

  /** The connection, or the name of the errno that connect(2) failed with. */
  static tryConnect(path: string, cleanup: Cleanup): RawStream | string {
    const fd = socket.openStream();
    if (fd < 0) throw new SystemCallError('socket', -fd);
    const result = socket.connect(fd, unixAddress(path));
    if (result === 0) return adopt(fd, cleanup);
    socket.close(fd);
    return errnoName(-result);
  }

  /** Offers bytes, up to a MiB; how many the kernel took, or the name of an errno. */
  send(bytes: Uint8Array): number | string {
    const offered = Math.min(bytes.length, SCRATCH_BYTES);
    scratchBytes.set(offered === bytes.length ? bytes : bytes.subarray(0, offered));
    header.setBuffer(scratch.address, offered);
    const result = socket.send(this.fd, header);
    if (result < 0) return errnoName(-result);
    this.sent += result;
    return result;
  }

  /** Takes up to `length` bytes, a MiB at most. The buffer is the caller's. */
  receive(length = SCRATCH_BYTES): Received {
    const result = this.#receive(length, 0);
    if (result instanceof Buffer) this.received += result.length;
    return result;
  }

  /** Takes what there is, up to a MiB, without looking at it or making a copy: how many bytes, 0 for none. */
  skip(): number {
    header.setBuffer(scratch.address, SCRATCH_BYTES);
    const result = Math.max(0, socket.receive(this.fd, header));
    this.received += result;
    return result;
  }

  /** What `receive` would say; an error is consumed all the same. */
  peek(): Received {
    return this.#receive(SCRATCH_BYTES, MSG_PEEK);
  }

  /** Waits for bytes or an end. */
  async receiveSome(length?: number): Promise<Received> {
    return await eventually('something is received', () => {
      const received = this.receive(length);
      return received === 'EAGAIN' ? undefined : received;
    });
  }

  /** Waits for exactly `length` bytes. @throws Error when the stream ends before. */
  async receiveExactly(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; missing -= parts[parts.length - 1].length) {
      const part = await this.receiveSome(missing);
      if (typeof part === 'string') throw new Error(`${part} with ${missing} bytes missing of ${length}`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  /** Waits for the end; the bytes before it, and what the end was. */
  async receiveAll(): Promise<{ bytes: Buffer; end: string }> {
    const parts: Buffer[] = [];
    for (;;) {
      const part = await this.receiveSome();
      if (typeof part === 'string') return { bytes: Buffer.concat(parts), end: part };
      parts.push(part);
    }
  }

  /** Sends all of it, waiting for room. @throws Error when it cannot be sent. */
  async sendAll(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += await eventually('there is room to send', () => {
        const sent = this.send(bytes.subarray(done));
        if (typeof sent === 'number') return sent;
        if (sent !== 'EAGAIN') throw new Error(`send: ${sent} after ${done} of ${bytes.length} bytes`);
        return undefined;
      });
    }
  }

  /** Sends until nothing more is taken for now; the number of bytes. */
  fill(chunk: Uint8Array): number {
    let total = 0;
    for (let sent = this.send(chunk); typeof sent === 'number'; sent = this.send(chunk)) total += sent;
    return total;
  }

  /** How much may wait in this end's sending direction; the kernel doubles it, and has a least and a most. */
  setSendBuffer(bytes: number): void {
    check('setsockopt', socket.setSendBuffer(this.fd, bytes));
  }

  shutdown(how: number): void {
    socket.shutdown(this.fd, how);
  }

  close(): void {
    if (this.#open) socket.close(this.fd);
    this.#open = false;
  }

  #receive(length: number, flags: number): Received {
    header.setBuffer(scratch.address, Math.min(length, SCRATCH_BYTES));
    const result = libc.result(libc.recvmsg(this.fd, header.address, flags));
    if (result === 0) return 'EOF';
    return result < 0 ? errnoName(-result) : Buffer.from(scratchBytes.subarray(0, result));
  }
}

/** A listening Unix stream socket that accepts when it is asked to. */
export class RawListener {
  #open = true;

  private constructor(
    readonly path: string,
    readonly fd: number,
  ) {}

  /** @throws SystemCallError */
  static listen(path: string, cleanup: Cleanup, backlog = 4096): RawListener {
    const fd = socket.openStream();
    const result = socket.bind(fd, unixAddress(path));
    if (result < 0) throw new SystemCallError('bind', -result);
    socket.listen(fd, backlog);
    const listener = new RawListener(path, fd);
    cleanup.defer(() => listener.close());
    return listener;
  }

  tryAccept(cleanup: Cleanup): RawStream | undefined {
    const fd = socket.accept(this.fd);
    if (fd === -EAGAIN) return undefined;
    if (fd < 0) throw new SystemCallError('accept4', -fd);
    return adopt(fd, cleanup);
  }

  accept(cleanup: Cleanup): Promise<RawStream> {
    return eventually(`${this.path} is connected to`, () => this.tryAccept(cleanup));
  }

  /** Closes the socket; its file stays. */
  close(): void {
    if (this.#open) socket.close(this.fd);
    this.#open = false;
  }
}

function adopt(fd: number, cleanup: Cleanup): RawStream {
  const stream = new RawStream(fd);
  cleanup.defer(() => stream.close());
  return stream;
}
