import { ENRICH_INSTRUMENTS } from '../../../../src/processors/enrich/instruments.js';
import type { EnrichThreadData } from '../../../../src/processors/enrich/messages.js';

/** What an enrich thread is started with. */
export function threadData(): EnrichThreadData {
  return {
    doorbell: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    health: new SharedArrayBuffer(ENRICH_INSTRUMENTS.width * Float64Array.BYTES_PER_ELEMENT),
    progress: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
  };
}
