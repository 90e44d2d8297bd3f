import type { ImpliedValue } from '../../values/finding.js';
import type { UdsReceiverConfig } from './config.js';

/** Names of sockets, and where they listen. */
export function impliedByUds(config: unknown): ImpliedValue[] {
  // What the schema has made.
  const { sockets } = config as UdsReceiverConfig;
  return sockets.flatMap(({ name, listen, takeover }, i): ImpliedValue[] => [
    { path: ['sockets', i, 'name'], value: name },
    ...(takeover ? [] : [{ path: ['sockets', i, 'listen'], value: listen }]),
  ]);
}
