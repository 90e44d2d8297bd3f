import { EAGAIN, ENOBUFS } from '../../../src/linux/errno.js';
import { sendDatagram } from './datagrams.js';
import type { EndCounts } from './end.js';
import type { EndPlan } from './plan.js';
import { tokenDescriptor } from './tokens.js';

/** The datagrams that one end of a conversation sends, in order. */
export class OutgoingDatagrams {
  readonly #plan: EndPlan;
  readonly #messages: readonly number[];
  readonly #number: number;
  readonly #counts: EndCounts;
  #index = 0;
  #offset = 0;
  #nextGroup = 0;

  constructor(number: number, plan: EndPlan, counts: EndCounts) {
    this.#number = number;
    this.#plan = plan;
    this.#messages = plan.messages ?? [];
    this.#counts = counts;
  }

  get isComplete(): boolean {
    return this.#index === this.#messages.length;
  }

  /** Nobody is there any more to send to. */
  giveUp(): void {
    this.#index = this.#messages.length;
  }

  describe(): string {
    return `${this.#index} of ${this.#messages.length} datagrams`;
  }

  /** Sends the next one. 0 if it has to wait for room, a negated errno if it cannot be sent, and else more than 0. */
  send(fd: number, to?: Buffer): number {
    const group = this.#plan.groups[this.#nextGroup];
    const isHere = group?.at === this.#index;
    const descriptors = isHere
      ? Array.from({ length: group.count }, (_, i) => tokenDescriptor(group.first + i))
      : [];
    const length = this.#messages[this.#index];
    const datagram = {
      number: this.#number,
      index: this.#index,
      phase: this.#plan.phase,
      offset: this.#offset,
      length,
      descriptors,
    };
    const sent = sendDatagram(fd, datagram, to);
    if (sent === -EAGAIN || sent === -ENOBUFS) return 0;
    if (sent < 0) return sent;
    this.#index++;
    this.#offset += length;
    if (isHere) this.#nextGroup++;
    this.#counts.bytesSent += sent;
    this.#counts.messagesSent++;
    this.#counts.descriptorsSent += descriptors.length;
    return sent;
  }
}
