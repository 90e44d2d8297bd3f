import type { Server, Socket } from 'node:net';

/** Node keeps the descriptor of a socket there. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/** The descriptor of a connection or a listening socket of Node's; undefined once it is closed. It stays Node's. */
export function descriptorOf(socket: Socket | Server): number | undefined {
  const fd = (socket as unknown as WithHandle)._handle?.fd;
  return fd === undefined || fd < 0 ? undefined : fd;
}
