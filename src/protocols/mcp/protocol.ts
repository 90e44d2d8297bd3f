import { MCP } from '../conventions.js';
import { JsonRpcDecoder } from '../jsonrpc/decoder.js';
import { jsonRpc } from '../jsonrpc/protocol.js';
import type { Protocol } from '../protocol.js';
import { HEADERS, McpDialect } from './dialect.js';
import { mcpFraming } from './framing/index.js';

/**
 * The Model Context Protocol, of 2024-11-05 to 2026-07-28: https://modelcontextprotocol.io/specification. Its messages are those of
 * JSON-RPC. Where JSON-RPC is told of as well, what shows no sign of MCP is; else all is MCP.
 */
export const mcp: Protocol = {
  ...mcpFraming,
  matching: 'id',
  convention: MCP,
  carriers: ['jsonrpc', 'http'],
  spanAttributes: jsonRpc.spanAttributes,
  createDecoder: (sink, settings) => {
    const isOnly = settings.carriers?.includes(jsonRpc.name) !== true;
    return new JsonRpcDecoder(sink, settings, new McpDialect(isOnly), HEADERS);
  },
};
