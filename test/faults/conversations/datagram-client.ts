import { closeSync } from 'node:fs';
import { SHUT_RD } from '../../../src/linux/constants.js';
import { EAGAIN, errnoName } from '../../../src/linux/errno.js';
import * as socket from '../../../src/linux/socket.js';
import { arrival } from './channel.js';
import { DATAGRAM_HEADER_BYTES, isLost, receiveDatagram } from './datagrams.js';
import type { EndCounts, Readiness } from './end.js';
import { Incoming } from './incoming.js';
import { OutgoingDatagrams } from './outgoing-datagrams.js';
import { hearsAll, type Plan, type PlanSettings, planOf } from './plan.js';
import type { LoopMember } from './talk.js';

/** A client that sends datagrams, and hears the answers if it stays for them. */
export class DatagramClient implements LoopMember {
  readonly fd: number;
  readonly startedMs: number;
  readonly number: number;
  movedMs: number;
  token = 0;
  cut: string | undefined;
  isOver = false;
  readonly #readiness: Readiness = { isReadable: true, isWritable: true };
  readonly #plan: Plan;
  readonly #counts: EndCounts;
  readonly #out: OutgoingDatagrams;
  readonly #in: Incoming;
  readonly #stalledUntilMs: number;

  constructor(fd: number, settings: PlanSettings, counts: EndCounts, nowMs: number, number: number) {
    this.fd = fd;
    this.number = number;
    this.startedMs = nowMs;
    this.movedMs = nowMs;
    this.#plan = planOf(settings, number);
    this.#counts = counts;
    this.#out = new OutgoingDatagrams(number, this.#plan.client, counts);
    this.#in = new Incoming('dgram', this.#plan.server);
    this.#stalledUntilMs = nowMs + this.#plan.client.stallMs;
    if (this.#plan.client.manner === 'deaf') socket.shutdown(fd, SHUT_RD);
    if (this.#plan.client.sendBuffer > 0) socket.setSendBuffer(fd, this.#plan.client.sendBuffer);
  }

  get received(): number {
    return this.#in.received;
  }

  /** Whether the server has got all. */
  get isCutInAnswers(): boolean {
    return this.#out.isComplete;
  }

  describe(): string {
    return `${this.#plan.client.manner}, sent ${this.#out.describe()}, received ${this.#in.describe()}`;
  }

  hear(isReadable: boolean, isWritable: boolean): void {
    this.#readiness.isReadable ||= isReadable;
    this.#readiness.isWritable ||= isWritable;
  }

  canGoOn(nowMs: number): boolean {
    const { isReadable, isWritable } = this.#readiness;
    return (isWritable && !this.#out.isComplete) || (isReadable && nowMs >= this.#stalledUntilMs);
  }

  isStalled(nowMs: number): boolean {
    return nowMs < this.#stalledUntilMs;
  }

  isLost(nowMs: number): boolean {
    if (!isLost(this.movedMs, nowMs)) return false;
    this.cut ??= 'datagrams are lost';
    return true;
  }

  step(nowMs: number): void {
    this.movedMs = nowMs;
    if (this.#readiness.isWritable && !this.#out.isComplete) this.#send();
    const { client } = this.#plan;
    if (this.#out.isComplete && (!hearsAll(client) || this.#in.isComplete)) this.isOver = true;
    else if (this.#readiness.isReadable && nowMs >= this.#stalledUntilMs && client.manner !== 'deaf')
      this.#receive();
    else this.#readiness.isReadable &&= client.manner !== 'deaf';
  }

  close(): void {
    socket.close(this.fd);
  }

  #send(): void {
    const sent = this.#out.send(this.fd);
    if (sent > 0) return;
    this.#readiness.isWritable = false;
    if (sent < 0) this.#fail(`sending failed: ${errnoName(-sent)}`);
  }

  #receive(): void {
    const head = receiveDatagram(this.fd);
    if (head === -EAGAIN) {
      this.#readiness.isReadable = false;
      return;
    }
    if (typeof head === 'number') {
      this.#fail(`receiving failed: ${errnoName(-head)}`);
      return;
    }
    if (head.number !== this.number) throw new Error(`it got a datagram of ${head.number}`);
    if (head.index === this.#in.received) this.#in.take();
    else {
      for (const fd of arrival.descriptors) closeSync(fd);
      if (head.index < this.#in.received) throw new Error(`datagram ${head.index} came twice, or late`);
      this.#fail(`datagrams from ${this.#in.received} to ${head.index} are missing`);
    }
    this.#counts.bytesReceived += arrival.bytes.length + DATAGRAM_HEADER_BYTES;
    this.#counts.messagesReceived++;
    this.#counts.descriptorsReceived += arrival.descriptors.length;
  }

  #fail(reason: string): void {
    this.cut ??= reason;
    this.isOver = true;
  }
}
