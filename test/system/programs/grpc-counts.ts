import type { TellingAgent } from '../../support/telling-agent.js';

/** What an agent tells of calls of gRPC, by method and status, or how else they ended. */
export async function statusCounts(agent: TellingAgent): Promise<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { labels, suffix, value } of (await agent.metrics()).get('uds_method_calls_total')?.samples ??
    []) {
    if (suffix !== undefined || labels['rpc_system_name'] !== 'grpc') continue;
    const end = labels['rpc_status_code'] ?? labels['error_type'] ?? labels['udscope_outcome'];
    const key = `${labels['rpc_method']} ${end}`;
    counts.set(key, (counts.get(key) ?? 0) + value);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
