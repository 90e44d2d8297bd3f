import type { FailureName } from '../counters.js';
import { type ConnectionTable, MESSAGES } from './connection-table.js';
import { Datagrams, type DatagramsSettings } from './datagrams.js';
import { DescriptorWait } from './descriptor-wait.js';
import { EndEvents } from './end-events.js';
import { MessageForwarder, type MessageParts } from './message-forwarder.js';
import { MessageReader } from './message-reader.js';
import { MessageSender } from './message-sender.js';
import type { RelayThreadData } from './messages.js';
import { ParkedMessages } from './parked-messages.js';
import type { PassingDescriptors } from './passing-descriptors.js';
import type { RunQueue } from './run-queue.js';
import type { Taps } from './taps.js';

/** Epoll tokens of ends with messages begin here: no table has so many ends. */
export const FIRST_MESSAGE_END = 2 ** 24;

export interface MessageConnectionsSettings extends Omit<DatagramsSettings, 'parts' | 'events'> {
  readonly data: RelayThreadData;
  readonly table: ConnectionTable;
  readonly counters: Float64Array;
  readonly runQueue: RunQueue;
  readonly taps: Taps;
  readonly descriptors: PassingDescriptors;
  close(slot: number, error?: FailureName): void;
  countError(slot: number, error: FailureName): void;
}

/** What a relay thread has for sockets whose messages have ends. Made for the first of them: streams need none of it. */
export class MessageConnections {
  readonly descriptorWait: DescriptorWait;
  readonly parts: MessageParts;
  readonly forwarder: MessageForwarder;
  readonly datagrams: Datagrams;
  readonly #table: ConnectionTable;

  constructor(settings: MessageConnectionsSettings) {
    const { data, table, counters, epoll, runQueue, taps, descriptors, close, countError } = settings;
    this.descriptorWait = new DescriptorWait(runQueue, settings.now);
    this.parts = {
      table,
      counters,
      runQueue,
      taps,
      reader: new MessageReader(descriptors),
      sender: new MessageSender(descriptors),
      parked: new ParkedMessages(table, data, (end) => runQueue.push(end)),
      descriptors,
      descriptorWait: this.descriptorWait,
      close,
      countError,
    };
    const events = new EndEvents(table, epoll, FIRST_MESSAGE_END);
    this.#table = table;
    this.forwarder = new MessageForwarder(this.parts, events);
    this.datagrams = new Datagrams({ ...settings, parts: this.parts, events });
  }

  /** What moves the messages of a connection. */
  of(slot: number): MessageForwarder | Datagrams {
    return this.#table.kind[slot] === MESSAGES ? this.forwarder : this.datagrams;
  }

  set isShared(isShared: boolean) {
    this.forwarder.isShared = isShared;
  }

  handle(end: number, events: number): void {
    this.of(end >> 1).handle(end, events);
  }

  pump(end: number): void {
    this.of(end >> 1).pump(end);
  }
}
