import {
  CALL_INSTRUMENTS,
  ENRICH_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
} from '../../../../src/processors/enrich/instruments.js';
import type { EnrichThreadData } from '../../../../src/processors/enrich/messages.js';
import { allocateRows } from '../../../../src/processors/enrich/thread/row-store.js';

/** What an enrich thread is started with, with room for so many series of each kind. */
export function threadData(rows: number): EnrichThreadData {
  return {
    doorbell: new SharedArrayBuffer(4),
    rows: {
      calls: allocateRows(rows, CALL_INSTRUMENTS.width),
      methods: allocateRows(rows, METHOD_INSTRUMENTS.width),
      losses: allocateRows(rows, LOSS_INSTRUMENTS.width),
    },
    health: allocateRows(1, ENRICH_INSTRUMENTS.width),
    progress: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
  };
}
