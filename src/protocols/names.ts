/** Protocols that can be decoded, by the value of `rpc.system.name`. */
export const PROTOCOL_NAMES = ['jsonrpc'] as const;

export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

/** What a socket may say of what is spoken on it. */
export const SOCKET_PROTOCOLS = ['auto', 'none', ...PROTOCOL_NAMES] as const;

export type SocketProtocol = (typeof SOCKET_PROTOCOLS)[number];
