import { EAGAIN, errnoName } from '../../../src/linux/errno.js';
import { NativeMemory } from '../../../src/linux/memory.js';
import * as socket from '../../../src/linux/socket.js';
import { arrival, receive, send } from './channel.js';
import { End, type EndCounts, type Readiness } from './end.js';
import { hearsAll, type Plan, type PlanSettings, planOf } from './plan.js';
import type { Reported } from './reporter.js';

/** A client says first which conversation it is of: the server has no other way to know. */
const GREETING_BYTES = 8;
const greeting = new NativeMemory(GREETING_BYTES);
const NONE: readonly number[] = [];

/** No end is silent for so long: one that is still there then has been forgotten by the relay. */
const STUCK_MS = 30_000;

/** What a TalkLoop carries on. */
export interface LoopMember extends Reported {
  readonly fd: number;
  /** By which its loop knows it. */
  token: number;
  readonly isOver: boolean;
  hear(isReadable: boolean, isWritable: boolean): void;
  /** Whether there is something to do now. */
  canGoOn(nowMs: number): boolean;
  /** Whether it waits for nothing but its own time. */
  isStalled(nowMs: number): boolean;
  /** Whether it has waited for so long that it is over, cut. */
  isLost(nowMs: number): boolean;
  /** @throws Error on what was not sent so */
  step(nowMs: number): void;
  close(): void;
}

/** One end of a conversation from its first byte to its last, as its process sees it. */
export class Talk implements LoopMember {
  readonly fd: number;
  readonly startedMs: number;
  movedMs: number;
  /** Undefined until a server knows it. */
  number: number | undefined;
  token = 0;
  readonly #readiness: Readiness = { isReadable: true, isWritable: true };
  readonly #settings: PlanSettings;
  readonly #counts: EndCounts;
  readonly #isClient: boolean;
  #end: End | undefined;
  #greeted = 0;
  #failure: string | undefined;

  /** @param number of the conversation, if this is its client */
  constructor(fd: number, settings: PlanSettings, counts: EndCounts, nowMs: number, number?: number) {
    this.fd = fd;
    this.startedMs = nowMs;
    this.movedMs = nowMs;
    this.number = number;
    this.#settings = settings;
    this.#counts = counts;
    this.#isClient = number !== undefined;
  }

  get isOver(): boolean {
    return this.#failure !== undefined || this.#end?.isOver === true;
  }

  /** Why it is not what was planned; undefined if it is. */
  get cut(): string | undefined {
    return this.#failure ?? this.#end?.cut;
  }

  get received(): number {
    return this.#end?.received ?? 0;
  }

  describe(): string {
    return this.#end?.describe() ?? `greeted with ${this.#greeted} bytes`;
  }

  hear(isReadable: boolean, isWritable: boolean): void {
    this.#readiness.isReadable ||= isReadable;
    this.#readiness.isWritable ||= isWritable;
  }

  canGoOn(nowMs: number): boolean {
    const { isWritable, isReadable } = this.#readiness;
    if (this.#end === undefined) return this.#isClient ? isWritable : isReadable;
    return this.#end.canGoOn(nowMs);
  }

  isLost(nowMs: number): boolean {
    if (nowMs - this.movedMs > STUCK_MS) throw new Error('it is stuck');
    return false;
  }

  isStalled(nowMs: number): boolean {
    return this.#end?.isStalled(nowMs) ?? false;
  }

  /** @throws Error on what was not sent so */
  step(nowMs: number): void {
    this.movedMs = nowMs;
    if (this.#end !== undefined) this.#end.step(nowMs);
    else if (this.#isClient) this.#greet(nowMs);
    else this.#hearGreeting(nowMs);
  }

  close(): void {
    socket.close(this.fd);
  }

  #greet(nowMs: number): void {
    const number = this.number!;
    greeting.words[0] = number;
    greeting.words[1] = ~number;
    const sent = send(this.fd, greeting.address + this.#greeted, GREETING_BYTES - this.#greeted, NONE);
    if (sent === -EAGAIN) {
      this.#readiness.isWritable = false;
      return;
    }
    const plan = planOf(this.#settings, number);
    if (sent < 0) {
      // A server that is deaf is told from one that is gone by nothing but what it sends.
      if (hearsAll(plan.server)) this.#failure = `greeting failed: ${errnoName(-sent)}`;
      this.#greeted = GREETING_BYTES;
    } else {
      this.#greeted += sent;
      this.#counts.bytesSent += sent;
      this.#counts.messagesSent++;
    }
    if (this.#greeted === GREETING_BYTES) this.#begin(plan, nowMs);
  }

  #hearGreeting(nowMs: number): void {
    const result = receive(this.fd, GREETING_BYTES - this.#greeted);
    if (result === -EAGAIN) {
      this.#readiness.isReadable = false;
      return;
    }
    if (result <= 0) {
      this.#failure = `no greeting: ${result === 0 ? 'the end' : errnoName(-result)}`;
      return;
    }
    arrival.bytes.copy(greeting.bytes, this.#greeted);
    if (this.#greeted + result < GREETING_BYTES) throw new Error('a greeting came in parts');
    this.#greeted += result;
    this.#counts.bytesReceived += result;
    this.#counts.messagesReceived++;
    const number = greeting.words[0];
    if (greeting.words[1] !== ~number || arrival.descriptors.length > 0 || arrival.isCut)
      throw new Error('a greeting is not one');
    this.number = number;
    this.#begin(planOf(this.#settings, number), nowMs);
  }

  #begin(plan: Plan, nowMs: number): void {
    const [own, other] = this.#isClient ? [plan.client, plan.server] : [plan.server, plan.client];
    this.#end = new End(
      {
        fd: this.fd,
        readiness: this.#readiness,
        kind: this.#settings.kind,
        own,
        other,
        counts: this.#counts,
      },
      nowMs,
    );
  }
}
