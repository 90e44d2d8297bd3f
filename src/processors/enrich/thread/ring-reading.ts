import { FairRingReader } from '../../capture/ring/fair-ring-reader.js';
import type { Conversation } from './conversation.js';
import type { RecordCopy } from './record-copy.js';

/** A ring that is being read, and the conversations that its records belong to. */
export interface RingReading {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  readonly reader: FairRingReader;
  /** By connection. */
  readonly conversations: Map<number, Conversation>;
  hasEnded: boolean;
  /** What is to be read once it is known whose it is, by connection. */
  readonly parked: Map<number, RecordCopy[]>;
}

export function startReading(number: number, memory: SharedArrayBuffer): RingReading {
  return {
    number,
    memory,
    reader: new FairRingReader(memory),
    conversations: new Map(),
    hasEnded: false,
    parked: new Map(),
  };
}
