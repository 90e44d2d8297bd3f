import { FairRingReader } from '../../capture/ring/fair-ring-reader.js';
import type { EnrichCommand } from '../messages.js';
import { Conversations } from './conversations.js';

/** A ring that is being read, and the conversations that its records belong to. */
export interface RingReading {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  readonly reader: FairRingReader;
  /** By the client's number in a record. */
  readonly clientWords: Int32Array;
  readonly conversations: Conversations;
  hasEnded: boolean;
}

export function startReading(command: Extract<EnrichCommand, { type: 'ring' }>): RingReading {
  const { ring: number, memory, clientWords } = command;
  return {
    number,
    memory,
    reader: new FairRingReader(memory),
    clientWords: new Int32Array(clientWords),
    conversations: new Conversations(),
    hasEnded: false,
  };
}
