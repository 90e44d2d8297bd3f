import type { EnrichSettings } from '../../../src/processors/enrich/enrich-channel.js';
import type { CaptureObserver, SocketCapture } from '../../../src/processors/observer.js';
import { LIMITS } from '../../processors/enrich/support/messages.js';

/** Decodes JSON-RPC, and shows every method by name. */
export const RPC_DECODED: EnrichSettings = {
  protocols: ['jsonrpc'],
  methods: { known: [], max: 200 },
  routes: [],
  latency: true,
  payload: 'none',
  spanRatio: 0,
  logs: false,
  receiver: 'uds',
  limits: LIMITS,
};

/** Captures the heads of all messages, into a ring of so many records. */
export function headsCaptured(observer: CaptureObserver, entries: number): SocketCapture {
  return {
    settings: {
      strategy: { type: 'size_limit', maxBytes: 512 },
      protocols: ['jsonrpc'],
      per: 'message',
      directions: ['send', 'recv'],
      tailBytes: 0,
      ring: { id: 'capture', entries, maxBytes: 1_048_576 },
    },
    observer,
  };
}
