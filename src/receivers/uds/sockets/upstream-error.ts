import { silentPaths } from '../../../layout/silent-paths.js';
import { typeRefusal } from '../../../layout/upstream-type.js';
import type { RelayedSocket } from './relayed-socket.js';

/** An upstream cannot be relayed. The message says why. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly code = 'UDSCOPE_UPSTREAM';

  /** `path`: what the socket listens on. */
  constructor(
    readonly path: string,
    upstream: string,
    reason: string,
  ) {
    super(`${upstream} ${reason}`);
  }
}

/** @throws UpstreamError for an upstream that cannot be reached, or is known to be of another type than it is to be. */
export function checkUpstreams(sockets: readonly RelayedSocket[]): void {
  const [silent] = silentPaths(sockets.map((socket) => ({ path: socket.upstream, at: socket.listen })));
  if (silent !== undefined) throw new UpstreamError(silent.at, silent.path, silent.message);
  for (const { listen, upstream, type } of sockets) {
    const refusal = typeRefusal(upstream, type);
    if (refusal !== undefined) throw new UpstreamError(listen, upstream, refusal);
  }
}
