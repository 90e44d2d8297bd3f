import { putBackRecorded } from '../../../layout/takeover-records.js';
import { ListenError } from '../../../linux/unix-listener.js';
import type { DescriptorStore } from '../../../store/descriptor-store.js';
import { listenName } from '../../../store/names.js';
import type { RelaySocket } from './relay-socket.js';
import type { RelaySocketFileContext } from './relay-socket-file.js';
import type { RelayedSocket } from './relayed-socket.js';

/** A path at which a socket of ours listens is not taken over, nor the reverse. @throws ListenError */
export function checkTakeovers(
  sockets: readonly RelayedSocket[],
  present: ReadonlyMap<string, RelaySocket>,
): void {
  for (const { listen, takeover } of sockets) {
    const socket = present.get(listen);
    if (socket !== undefined && socket.config.takeover !== takeover)
      throw new ListenError(listen, 'it is relayed with another takeover at present; remove it first');
  }
}

/**
 * Puts back what agents that have died have taken over, and this one does not. What the store has is put back when this agent is
 * ready: one before it may still accept there.
 */
export function putBackOthers(
  sockets: readonly RelayedSocket[],
  { takeovers, store, logger }: RelaySocketFileContext,
): void {
  const ours = new Set(sockets.filter(({ takeover }) => takeover).map(({ listen }) => listen));
  const isOurs = (path: string) => ours.has(path) || isInStore(store, listenName(path));
  for (const problem of putBackRecorded(takeovers(), isOurs)) logger.warn(problem);
}

function isInStore(store: DescriptorStore, name: string): boolean {
  const fd = store.take(name);
  if (fd !== undefined) store.giveBack(name, fd);
  return fd !== undefined;
}
