import type { ProtocolFraming } from '../../framing/protocol-framing.js';
import { jsonRpcFraming } from '../../jsonrpc/framing/index.js';

/** MCP as a relay thread knows it: as JSON-RPC. Which of the two it is, the enrich thread finds out. */
export const mcpFraming: ProtocolFraming = { ...jsonRpcFraming, name: 'mcp' };
