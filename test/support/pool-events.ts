import type { ListenerEvents } from '../../src/receivers/uds/pool/pool-listener.js';
import type { RelayPoolEvents } from '../../src/receivers/uds/pool/relay-pool.js';

/** What a test listens to of a pool; the rest is ignored. */
export function poolEvents(events: Partial<RelayPoolEvents> = {}): RelayPoolEvents {
  return { accepting() {}, notUrgent() {}, strayed() {}, printed() {}, died() {}, ...events };
}

/** What a test listens to of a listener; the rest is ignored. */
export function listenerEvents(events: Partial<ListenerEvents> = {}): ListenerEvents {
  return {
    flowOpened() {},
    flowEnded() {},
    upstream() {},
    refused() {},
    descriptorsDropped() {},
    overShare() {},
    captureFailed() {},
    fault() {},
    ...events,
  };
}
