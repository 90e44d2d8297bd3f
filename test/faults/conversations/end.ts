import { SHUT_RD, SHUT_WR } from '../../../src/linux/constants.js';
import { EAGAIN, ECONNRESET, errnoName } from '../../../src/linux/errno.js';
import * as socket from '../../../src/linux/socket.js';
import { randomNumbers } from '../../support/pattern.js';
import { arrival, receive, send } from './channel.js';
import { contentAddress } from './content.js';
import { Incoming } from './incoming.js';
import { type EndPlan, type Group, hearsAll, type Kind } from './plan.js';
import { tokenDescriptor } from './tokens.js';

const CHUNK_BYTES_MAX = 90_000;
const NO_DESCRIPTORS: readonly number[] = [];

/** What of an end is counted while it goes on. */
export interface EndCounts {
  bytesSent: number;
  bytesReceived: number;
  messagesSent: number;
  messagesReceived: number;
  descriptorsSent: number;
  descriptorsReceived: number;
}

/** What epoll has told last (EPOLLET); an end takes it back when the kernel says EAGAIN. */
export interface Readiness {
  isReadable: boolean;
  isWritable: boolean;
}

export interface EndSettings {
  readonly fd: number;
  readonly readiness: Readiness;
  readonly kind: Kind;
  readonly own: EndPlan;
  readonly other: EndPlan;
  readonly counts: EndCounts;
}

/** One end of a connection. It knows what the other sends, so it knows by itself whether that is what has come. */
export class End {
  /** Why the other end's plan was not carried out; undefined as long as it was. */
  cut: string | undefined;
  readonly #fd: number;
  readonly #readiness: Readiness;
  readonly #kind: Kind;
  readonly #own: EndPlan;
  readonly #other: EndPlan;
  readonly #counts: EndCounts;
  readonly #incoming: Incoming;
  readonly #random: () => number;
  #stalledUntilMs: number;
  #isSending = true;
  #isReceiving: boolean;
  #sentBytes = 0;
  #sentMessages = 0;
  #nextGroup = 0;

  constructor({ fd, readiness, kind, own, other, counts }: EndSettings, nowMs: number) {
    this.#fd = fd;
    this.#readiness = readiness;
    this.#kind = kind;
    this.#own = own;
    this.#other = other;
    this.#counts = counts;
    this.#incoming = new Incoming(kind, other);
    this.#random = randomNumbers(own.chunkSeed);
    this.#stalledUntilMs = nowMs + own.stallMs;
    this.#isReceiving = own.manner !== 'deaf';
    if (own.manner === 'deaf') socket.shutdown(fd, SHUT_RD);
    if (own.sendBuffer > 0) socket.setSendBuffer(fd, own.sendBuffer);
  }

  get isOver(): boolean {
    return !this.#isSending && !this.#isReceiving;
  }

  get received(): number {
    return this.#incoming.received;
  }

  /** Whether it waits for nothing but its own time. */
  isStalled(nowMs: number): boolean {
    return this.#isReceiving && this.#readiness.isReadable && nowMs < this.#stalledUntilMs;
  }

  /** Whether there is something to do now. */
  canGoOn(nowMs: number): boolean {
    return (
      (this.#isSending && this.#readiness.isWritable) ||
      (this.#isReceiving && this.#readiness.isReadable && nowMs >= this.#stalledUntilMs)
    );
  }

  /** Sends and receives, each once. @throws Error on what was not sent so */
  step(nowMs: number): void {
    if (this.#isSending && this.#readiness.isWritable) this.#send();
    if (this.#isReceiving && this.#readiness.isReadable && nowMs >= this.#stalledUntilMs) this.#receive();
  }

  describe(): string {
    const { manner, bytes, messages } = this.#own;
    const all = messages === undefined ? `${bytes} bytes` : `${messages.length} messages`;
    const sent = messages === undefined ? this.#sentBytes : this.#sentMessages;
    return `${manner}, sent ${sent} of ${all}, received ${this.#incoming.describe()}, the other ${this.#other.manner}`;
  }

  #send(): void {
    if (this.#hasSentAll()) {
      this.#finish();
      return;
    }
    const group = this.#groupHere();
    const descriptors = group === undefined ? NO_DESCRIPTORS : descriptorsOf(group, this.#fd);
    const length = this.#nextLength();
    const sent = send(this.#fd, contentAddress(this.#own.phase, this.#sentBytes), length, descriptors);
    if (sent === -EAGAIN) {
      this.#readiness.isWritable = false;
      return;
    }
    if (sent < 0) {
      if (hearsAll(this.#other)) this.cut ??= `sending failed: ${errnoName(-sent)}`;
      this.#finish();
      return;
    }
    this.#count(sent, descriptors.length);
    if (this.#kind !== 'stream' && sent !== length)
      throw new Error(`${sent} bytes of a message of ${length} were taken`);
    if (group !== undefined) this.#nextGroup++;
    if (this.#hasSentAll()) this.#finish();
  }

  #hasSentAll(): boolean {
    const { messages, bytes } = this.#own;
    return messages === undefined ? this.#sentBytes === bytes : this.#sentMessages === messages.length;
  }

  #nextLength(): number {
    const { messages, groups, bytes } = this.#own;
    if (messages !== undefined) return messages[this.#sentMessages];
    // Descriptors go with the byte that they belong to, so what is sent before ends before it.
    const here = this.#groupHere() === undefined ? this.#nextGroup : this.#nextGroup + 1;
    const end = groups[here]?.at ?? bytes;
    return Math.min(end - this.#sentBytes, 1 + Math.floor(this.#random() * CHUNK_BYTES_MAX));
  }

  #groupHere(): Group | undefined {
    const group = this.#own.groups[this.#nextGroup];
    const at = this.#own.messages === undefined ? this.#sentBytes : this.#sentMessages;
    return group?.at === at ? group : undefined;
  }

  #count(sent: number, descriptors: number): void {
    this.#sentBytes += sent;
    this.#sentMessages++;
    this.#counts.bytesSent += sent;
    this.#counts.messagesSent++;
    this.#counts.descriptorsSent += descriptors;
  }

  #finish(): void {
    this.#isSending = false;
    if (hearsAll(this.#own)) socket.shutdown(this.#fd, SHUT_WR);
    else this.#isReceiving = false;
  }

  #receive(): void {
    const length =
      this.#kind === 'stream' ? 1 + Math.floor(this.#random() * CHUNK_BYTES_MAX) : CHUNK_BYTES_MAX * 2;
    const result = receive(this.#fd, length);
    if (result === -EAGAIN) {
      this.#readiness.isReadable = false;
      return;
    }
    const isMessage = result === 0 && this.#kind !== 'stream' && arrival.hasSender;
    if (result > 0 || isMessage) {
      this.#incoming.take();
      this.#counts.bytesReceived += result;
      this.#counts.messagesReceived++;
      this.#counts.descriptorsReceived += arrival.descriptors.length;
      return;
    }
    // Of messages, those that wait can still be received after the error.
    if (result === -ECONNRESET && this.#kind !== 'stream' && !hearsAll(this.#other)) return;
    this.#isReceiving = false;
    if (!this.#incoming.isComplete)
      this.cut ??= `receiving ended ${result === 0 ? 'early' : errnoName(-result)}`;
    else if (result < 0 && hearsAll(this.#other)) this.cut ??= `after all: ${errnoName(-result)}`;
  }
}

function descriptorsOf({ first, count, hasOwnEnd }: Group, own: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    hasOwnEnd === true && i === count - 1 ? own : tokenDescriptor(first + i),
  );
}
