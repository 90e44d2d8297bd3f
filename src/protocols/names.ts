import { FRAMINGS, type ProtocolName } from './framings.js';

export type { ProtocolName };

/** Protocols that can be decoded, as the configuration and metrics name them. */
export const PROTOCOL_NAMES = Object.keys(FRAMINGS) as readonly ProtocolName[];

/** What a socket may say of what is spoken on it. */
export const SOCKET_PROTOCOLS = ['auto', 'none', ...PROTOCOL_NAMES] as const;

export type SocketProtocol = (typeof SOCKET_PROTOCOLS)[number];

/** What to try on a socket: what it says itself, or what is tried as a rule; nothing where nothing is decoded. */
export function protocolsOf(socket: SocketProtocol, tried: readonly ProtocolName[]): readonly ProtocolName[] {
  if (socket === 'auto' || tried.length === 0) return tried;
  return socket === 'none' ? [] : [socket];
}
