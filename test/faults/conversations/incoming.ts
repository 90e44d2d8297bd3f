import { closeSync } from 'node:fs';
import { arrival } from './channel.js';
import { findWrongByte } from './content.js';
import type { EndPlan, Group, Kind } from './plan.js';
import { isClientsEnd, isToken } from './tokens.js';

/** What comes from the other end of a conversation, compared with what it was to send. */
export class Incoming {
  readonly #plan: EndPlan;
  readonly #isStream: boolean;
  #bytes = 0;
  #messages = 0;
  #nextGroup = 0;

  constructor(kind: Kind, plan: EndPlan) {
    this.#plan = plan;
    this.#isStream = kind === 'stream';
  }

  get isComplete(): boolean {
    const { messages, bytes } = this.#plan;
    return this.#isStream ? this.#bytes === bytes : this.#messages === messages?.length;
  }

  get received(): number {
    return this.#messages;
  }

  describe(): string {
    const { messages, bytes } = this.#plan;
    return this.#isStream
      ? `${this.#bytes} of ${bytes}`
      : `${this.#messages} of ${messages?.length} messages`;
  }

  /** Checks what has just arrived, and closes its descriptors. @throws Error if it is not what was sent */
  take(): void {
    const { bytes, descriptors } = arrival;
    try {
      if (arrival.isCut) throw new Error(`the kernel dropped a part of what came at ${this.describe()}`);
      this.#checkBytes(bytes);
      this.#checkDescriptors(bytes.length, descriptors);
    } finally {
      for (const fd of descriptors) closeSync(fd);
    }
    this.#bytes += bytes.length;
    this.#messages++;
  }

  #checkBytes(bytes: Buffer): void {
    const { phase, messages } = this.#plan;
    if (this.#isStream) {
      if (this.#bytes + bytes.length > this.#plan.bytes) throw new Error('more bytes came than were sent');
    } else if (bytes.length !== messages?.[this.#messages]) {
      throw new Error(
        `message ${this.#messages} has ${bytes.length} bytes, and was sent with ${messages?.[this.#messages]}`,
      );
    }
    const wrong = findWrongByte(bytes, phase, this.#bytes);
    if (wrong !== undefined) throw new Error(`byte ${wrong} is not the one that was sent`);
  }

  #checkDescriptors(bytes: number, descriptors: readonly number[]): void {
    const group = this.#groupIn(bytes);
    if (descriptors.length !== (group?.count ?? 0))
      throw new Error(
        `${descriptors.length} descriptors came with ${bytes} bytes at ${this.describe()}, and were sent as ${JSON.stringify(group)}`,
      );
    if (group === undefined) return;
    for (const [i, fd] of descriptors.entries()) {
      const isOwnEnd = group.hasOwnEnd === true && i === group.count - 1;
      if (!(isOwnEnd ? isClientsEnd(fd) : isToken(fd, group.first + i)))
        throw new Error(`descriptor ${i} at ${group.at} is not the one sent`);
    }
  }

  /** Of two groups the kernel delivers only one at a time. */
  #groupIn(bytes: number): Group | undefined {
    const group = this.#plan.groups[this.#nextGroup];
    const end = this.#isStream ? this.#bytes + bytes : this.#messages + 1;
    if (group === undefined || group.at >= end) return undefined;
    this.#nextGroup++;
    const next = this.#plan.groups[this.#nextGroup];
    if (next !== undefined && next.at < end)
      throw new Error(`descriptors of ${group.at} and ${next.at} came at once`);
    return group;
  }
}
