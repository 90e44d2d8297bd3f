import { KNOWN } from '../mcp/methods.js';
import { type Convention, OTHER, textOf } from './convention.js';
import { RPC } from './rpc.js';

/** https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md#metrics */
const boundaries = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

const TOOL = 'tools/call';
const PROMPT = 'prompts/get';

/**
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md: methods are `tools/call get_weather`,
 * `prompts/get review`, or without a name.
 */
export const MCP: Convention = {
  durations: {
    server: {
      name: 'mcp.server.operation.duration',
      description: 'Time from the first byte of a request to the last byte of its result, at the relay.',
      boundaries,
    },
    client: {
      name: 'mcp.client.operation.duration',
      description: 'The same for requests that the server makes to its client.',
      boundaries,
    },
  },
  firstByte: undefined,
  unnamed: (name) => {
    const { method } = splitName(name);
    return KNOWN.has(method) ? method : OTHER;
  },
  methodAttributes: (_protocol, name) => {
    const { method, target } = splitName(name);
    return {
      'mcp.method.name': method,
      ...(method === TOOL ? { 'gen_ai.operation.name': 'execute_tool' } : {}),
      ...targetAttributes(method, target),
    };
  },
  methodOf: (attributes) => {
    const method = textOf(attributes, 'mcp.method.name');
    if (method === undefined) return undefined;
    const target = textOf(attributes, 'gen_ai.tool.name') ?? textOf(attributes, 'gen_ai.prompt.name');
    return { protocol: 'mcp', method: target === undefined ? method : `${method} ${target}` };
  },
  originalAttributes: (name) => {
    const { method, target } = splitName(name);
    return { 'mcp.method.name': method, ...targetAttributes(method, target) };
  },
  statusAttributes: (code) => ({ 'rpc.response.status_code': code }),
  describesErrors: true,
  spanName: (_protocol, name) => (name === OTHER ? 'mcp' : name),
  callKind: RPC.callKind,
};

function targetAttributes(method: string, target: string | undefined) {
  if (target === undefined) return {};
  return { [method === TOOL ? 'gen_ai.tool.name' : 'gen_ai.prompt.name']: target };
}

/** Only these methods have a name behind them; no method of MCP has a blank in it. */
function splitName(name: string): { method: string; target: string | undefined } {
  for (const method of [TOOL, PROMPT]) {
    if (name.length > method.length && name.startsWith(`${method} `))
      return { method, target: name.slice(method.length + 1) };
  }
  return { method: name, target: undefined };
}
