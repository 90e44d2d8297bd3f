import type { Convention } from './conventions/convention.js';
import { COMMANDS, SQL } from './conventions/database.js';
import { HTTP } from './conventions/http.js';
import { MCP } from './conventions/mcp.js';
import { RPC } from './conventions/rpc.js';

export {
  type Attributes,
  type CallKind,
  type Convention,
  type DurationMetric,
  type NamedMethod,
  OTHER,
  type TextAttributes,
} from './conventions/convention.js';
export { COMMANDS, HTTP, MCP, RPC, SQL };

/** All of them. Each metric of theirs has columns of its own in the series of calls. */
export const CONVENTIONS: readonly Convention[] = [RPC, HTTP, SQL, COMMANDS, MCP];
