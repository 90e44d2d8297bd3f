import type { Logger } from 'pino';
import { asidePath } from '../../../linux/front.js';
import { close } from '../../../linux/socket.js';
import { socketName, socketTypeOf } from '../../../linux/socket-name.js';
import { ListenSocket } from '../../../linux/unix-listener.js';
import type { DescriptorStore } from '../../../store/descriptor-store.js';
import { closeForGood } from '../../../store/left-behind.js';
import { listenName, unitName } from '../../../store/names.js';
import type { RelayedSocket } from './relayed-socket.js';
import { UpstreamType } from './upstream-type.js';

/** A socket that an earlier process, or a socket unit of systemd, has left for a configured path. */
export interface KeptSocket {
  readonly socket: ListenSocket;
  readonly type: UpstreamType;
  /** The name in the store that it was taken by. */
  readonly takenBy: string;
}

/** Takes what was kept for a configured path; undefined if nothing was, or nothing that can be gone on with. */
export function takeKept(
  config: RelayedSocket,
  { store, logger }: { readonly store: DescriptorStore; readonly logger: Logger },
): KeptSocket | undefined {
  const { listen, name, takeover } = config;
  const own = listenName(listen);
  // A path that was taken over has the socket under its second name, too.
  const path = takeover ? asidePath(listen) : listen;
  // A socket unit at a path that is taken over is the server's.
  const names = takeover ? [own] : [own, unitName(listen), unitName(name)];
  for (const takenBy of names) {
    const fd = store.take(takenBy);
    if (fd === undefined) continue;
    // It is not taken over any more, and is its server's.
    if (!takeover && socketName(fd) === asidePath(listen)) {
      store.drop(takenBy);
      closeForGood(takenBy, fd, (message) => logger.warn(message));
      continue;
    }
    const type = new UpstreamType(config, socketTypeOf(fd));
    const socket = ListenSocket.adopt(path, fd, type.current, { isForeign: takenBy !== own });
    if (typeof socket !== 'string') return { socket, type, takenBy };
    logger.warn(`${listen} is bound anew: ${socket}`);
    store.drop(takenBy);
    close(fd);
  }
  return undefined;
}
