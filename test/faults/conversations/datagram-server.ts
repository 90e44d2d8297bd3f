import { closeSync } from 'node:fs';
import { EAGAIN, errnoName } from '../../../src/linux/errno.js';
import { arrival } from './channel.js';
import { DATAGRAM_HEADER_BYTES, type DatagramHead, isLost, receiveDatagram } from './datagrams.js';
import { Incoming } from './incoming.js';
import { OutgoingDatagrams } from './outgoing-datagrams.js';
import { hearsAll, type Plan, type PlanSettings, planOf } from './plan.js';
import type { Reported, Reporter } from './reporter.js';

const RECEIVED_AT_ONCE = 256;
const LOOK_MS = 500;

/** A conversation as the server sees it. */
class DatagramTalk implements Reported {
  readonly number: number;
  readonly startedMs: number;
  movedMs: number;
  cut: string | undefined;
  isCutInAnswers = false;
  readonly plan: Plan;
  readonly in: Incoming;
  readonly out: OutgoingDatagrams;
  address: Buffer = Buffer.alloc(0);

  constructor(number: number, settings: PlanSettings, report: Reporter, nowMs: number) {
    this.number = number;
    this.startedMs = nowMs;
    this.movedMs = nowMs;
    this.plan = planOf(settings, number);
    this.in = new Incoming('dgram', this.plan.client);
    this.out = new OutgoingDatagrams(number, this.plan.server, report.counts);
  }

  get received(): number {
    return this.in.received;
  }

  get isOver(): boolean {
    return this.cut !== undefined || (this.in.isComplete && this.out.isComplete);
  }

  describe(): string {
    return `server of ${this.plan.client.manner}, sent ${this.out.describe()}, received ${this.in.describe()}`;
  }
}

/** An upstream for datagrams: all conversations through one socket, told apart by what is in them. */
export class DatagramServer {
  readonly #fd: number;
  readonly #settings: PlanSettings;
  readonly #report: Reporter;
  readonly #startedMs: number;
  readonly #talks = new Map<number, DatagramTalk>();
  readonly #answering = new Set<DatagramTalk>();
  #lookedMs: number;

  constructor(fd: number, settings: PlanSettings, report: Reporter, nowMs: number) {
    this.#fd = fd;
    this.#settings = settings;
    this.#report = report;
    this.#startedMs = nowMs;
    this.#lookedMs = nowMs;
  }

  get size(): number {
    return this.#talks.size;
  }

  turn(nowMs: number): void {
    for (let i = 0; i < RECEIVED_AT_ONCE && this.#receive(nowMs); i++);
    for (const talk of this.#answering) this.#answer(talk, nowMs);
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    for (const talk of this.#talks.values()) {
      if (!isLost(talk.movedMs, nowMs)) continue;
      talk.cut ??= 'datagrams are lost';
      this.#end(talk);
    }
  }

  /** Whether there was one. */
  #receive(nowMs: number): boolean {
    const head = receiveDatagram(this.#fd);
    if (head === -EAGAIN) return false;
    if (typeof head === 'number') throw new Error(`receiving failed: ${errnoName(-head)}`);
    const { counts } = this.#report;
    counts.bytesReceived += arrival.bytes.length + DATAGRAM_HEADER_BYTES;
    counts.messagesReceived++;
    counts.descriptorsReceived += arrival.descriptors.length;
    const talk = this.#talkOf(head, nowMs);
    if (talk === undefined) {
      for (const fd of arrival.descriptors) closeSync(fd);
      return true;
    }
    try {
      this.#take(talk, head);
    } catch (error) {
      this.#report.wrong(talk, (error as Error).message);
      talk.cut = 'wrong';
    }
    if (talk.isOver) this.#end(talk);
    return true;
  }

  /** Undefined where it has been given up. */
  #talkOf({ number, index }: DatagramHead, nowMs: number): DatagramTalk | undefined {
    let talk = this.#talks.get(number);
    if (talk === undefined && this.#report.hasEnded(number)) {
      if (!this.#report.hasBeenCut(number))
        this.#report.wrong(undefined, `a datagram of ${number} came after all`);
      return undefined;
    }
    if (talk === undefined) {
      // What came before went to a server that was there before.
      talk = new DatagramTalk(number, this.#settings, this.#report, index === 0 ? nowMs : this.#startedMs);
      this.#talks.set(number, talk);
      this.#report.counts.connections++;
    }
    talk.movedMs = nowMs;
    return talk;
  }

  #take(talk: DatagramTalk, { index, sender }: DatagramHead): void {
    if (index !== talk.in.received) {
      for (const fd of arrival.descriptors) closeSync(fd);
      if (index < talk.in.received) throw new Error(`datagram ${index} came twice, or late`);
      talk.cut = `datagrams from ${talk.in.received} to ${index} are missing`;
      return;
    }
    talk.in.take();
    const { hasName } = talk.plan.client;
    // Without a name the kernel gives the family alone, or nothing.
    if (sender.length > 2 !== hasName) throw new Error(`its sender has ${hasName ? 'no' : 'a'} name`);
    talk.address = sender;
    if (!talk.out.isComplete) this.#answering.add(talk);
  }

  #answer(talk: DatagramTalk, nowMs: number): void {
    while (!talk.out.isComplete) {
      const sent = talk.out.send(this.#fd, talk.address);
      if (sent === 0) return;
      if (sent < 0) {
        if (hearsAll(talk.plan.client) && talk.cut === undefined) {
          talk.cut = `an answer failed: ${errnoName(-sent)}`;
          talk.isCutInAnswers = true;
        }
        talk.out.giveUp();
        break;
      }
      talk.movedMs = nowMs;
    }
    this.#answering.delete(talk);
    if (talk.isOver) this.#end(talk);
  }

  #end(talk: DatagramTalk): void {
    this.#report.over(talk);
    this.#talks.delete(talk.number);
    this.#answering.delete(talk);
  }
}
