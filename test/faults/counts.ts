import type { FaultedAgent } from './agent.js';
import type { Kind } from './conversations/plan.js';
import type { Traffic } from './conversations/traffic.js';

const MIB = 2 ** 20;

export interface Counted {
  readonly figures: Readonly<Record<string, number | string>>;
  readonly failures: readonly string[];
}

/**
 * Compares what the agent has counted with what both ends have: it lies between what one end sent and the other received,
 * which is one number where both ends read to the last.
 */
export async function countsOf(
  agent: FaultedAgent,
  kinds: readonly Kind[],
  traffics: readonly Traffic[],
  isWhole: boolean,
): Promise<Counted> {
  const total = { connections: 0, bytes: 0, messages: 0, descriptors: 0, cut: 0, counts: 0 };
  const failures: string[] = [];
  for (const [i, traffic] of traffics.entries()) {
    const [clients, servers] = [traffic.clients(), traffic.servers()];
    total.connections += clients.connections;
    total.bytes += clients.bytesReceived + servers.bytesReceived;
    total.messages += kinds[i] === 'stream' ? 0 : clients.messagesReceived + servers.messagesReceived;
    total.descriptors += clients.descriptorsReceived + servers.descriptorsReceived;
    total.cut += clients.cut + servers.cut;
    // Of a process that was killed nobody knows what it did last.
    if (!isWhole || agent.hasLostCounts || traffic.kills > 0) continue;
    const labels = { uds_socket_name: kinds[i] };
    const compare = async (metric: string, from: number, to: number) => {
      const counted = await agent.sum(metric, labels);
      total.counts++;
      if (counted < from || counted > to)
        failures.push(`${kinds[i]}: ${metric} is ${counted}, and ought to be from ${from} to ${to}`);
    };
    const opened = clients.connections;
    // Clients that send datagrams without a name are not told apart, and those that go on after a change have another socket.
    if (kinds[i] === 'dgram') await compare('uds_connections_opened_total', 1, opened * (1 + agent.changes));
    else await compare('uds_connections_opened_total', opened, opened);
    await compare('uds_send_bytes_total', servers.bytesReceived, clients.bytesSent);
    await compare('uds_recv_bytes_total', clients.bytesReceived, servers.bytesSent);
    await compare(
      'uds_descriptors_passed_total',
      servers.descriptorsReceived + clients.descriptorsReceived,
      servers.descriptorsSent + clients.descriptorsSent,
    );
    if (kinds[i] === 'stream') continue;
    await compare('uds_send_ops_total', servers.messagesReceived, clients.messagesSent);
    await compare('uds_recv_ops_total', clients.messagesReceived, servers.messagesSent);
  }
  const { connections, bytes, messages, descriptors, cut, counts } = total;
  const figures = {
    connections,
    MiB: (bytes / MIB).toFixed(0),
    messages,
    descriptors,
    cut,
    'counters compared': counts,
  };
  return { figures, failures };
}
