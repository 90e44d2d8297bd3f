import type { ProtocolFraming } from './framing/protocol-framing.js';
import { jsonRpcFraming } from './jsonrpc/framing/index.js';

/** What relay threads know of each protocol, by the name that the configuration and metrics have for it. */
export const FRAMINGS = { jsonrpc: jsonRpcFraming } as const satisfies Readonly<
  Record<string, ProtocolFraming>
>;

export type ProtocolName = keyof typeof FRAMINGS;
