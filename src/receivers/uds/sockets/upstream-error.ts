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

/** @throws UpstreamError for an upstream that is known to be of a type that is not relayed. */
export function checkUpstream({ listen, upstream }: RelayedSocket): void {
  const refusal = typeRefusal(upstream);
  if (refusal !== undefined) throw new UpstreamError(listen, upstream, refusal);
}
