import { type AgentStatus, agentStatusSchema } from '../../api/status-schema.js';
import type { ControlClient } from './control-client.js';

/** Says on standard error, in a line, what the agent's lists leave out: connections that agents before it have. */
export async function noteDraining(client: ControlClient): Promise<void> {
  const status = await client.get('/v1/status', agentStatusSchema);
  const text = describeDraining(status.draining);
  if (text !== undefined) process.stderr.write(`not shown here, but in the metrics: ${text}\n`);
}

/** `3 connections that earlier agents relay to their end (pid 12, 15)`; undefined if there are none. */
export function describeDraining(draining: AgentStatus['draining'] = []): string | undefined {
  if (draining.length === 0) return undefined;
  const connections = draining.reduce((sum, each) => sum + each.connections, 0);
  const pids = draining.map(({ pid }) => pid).join(', ');
  const what = connections === 1 ? 'a connection' : `${connections} connections`;
  return draining.length === 1
    ? `${what} that an earlier agent relays to the end (pid ${pids})`
    : `${what} that earlier agents relay to the end (pid ${pids})`;
}
