import type { Loss } from './status-schema.js';

/** What a loss means, and which setting would help. */
export interface LossAdvice {
  readonly instrument: string;
  /** undefined: whatever the reason is. */
  readonly reason?: string;
  readonly isProblem?: true;
  /** Follows the number. */
  readonly symptom: string;
  readonly remedy: string;
}

const LARGER_RING =
  'raise processors.capture.ring_buffer (entries, max_bytes), or capture less: max_bytes, or strategy: sampling';

/** What is ordinary (ECONNRESET, a client that has left) has no line. */
const ADVICE: readonly LossAdvice[] = [
  {
    instrument: 'udscope.ring.overwritten_records',
    symptom: 'captured operations were overwritten before they were read: calls are missing',
    remedy: LARGER_RING,
  },
  {
    instrument: 'udscope.capture.dropped_records',
    reason: 'framing_budget',
    symptom: 'operations were not captured, because finding messages in them took a client too long',
    remedy: 'write protocol: none on that socket, or per: operation in its capture processor',
  },
  {
    instrument: 'udscope.capture.dropped_records',
    symptom: "operations of a client were overwritten that had more than the client's share of the ring",
    remedy: LARGER_RING,
  },
  {
    instrument: 'udscope.capture.faults',
    isProblem: true,
    symptom: 'sockets are not captured any more, because their strategy has failed',
    remedy: "mend the module (the agent's log says what it threw), then udscope reload",
  },
  {
    instrument: 'udscope.relay.dropped_descriptors',
    isProblem: true,
    symptom: 'descriptors that clients sent were lost: the process had no room for more',
    remedy: 'raise LimitNOFILE= to 2024 or more for each relay thread',
  },
  {
    instrument: 'udscope.relay.failures',
    isProblem: true,
    symptom: 'relay threads have ended by themselves: their connections were lost',
    remedy: "report what the agent's log says of it",
  },
  {
    instrument: 'udscope.enrich.restarts',
    symptom: 'restarts of the decoding thread',
    remedy: "report what the agent's log says of it",
  },
  {
    instrument: 'udscope.enrich.dropped_spans',
    symptom: 'spans were dropped before an exporter took them',
    remedy: 'lower enrich.span_ratio, or raise sending_queue.queue_size of the exporter',
  },
  {
    instrument: 'udscope.enrich.dropped_log_records',
    symptom: 'log records were dropped before an exporter took them',
    remedy: 'take receivers out of the logs pipeline, or raise sending_queue.queue_size of the exporter',
  },
  {
    instrument: 'udscope.enrich.client_losses',
    symptom: 'losses of clients that exceed their shares',
    remedy: 'raise receivers.uds.client_limits: pending_calls, methods or series, as the reason says',
  },
  {
    instrument: 'udscope.enrich.spilled_series',
    symptom: 'series had no room of their own and are summed',
    remedy:
      'raise receivers.uds.client_limits.series and service.telemetry.metrics.max_series, or lower methods.max',
  },
  {
    instrument: 'udscope.log.dropped_lines',
    symptom: 'lines of the log could not be written',
    remedy: 'see who reads the standard error of the agent: a full disk, or a reader that is too slow',
  },
  {
    instrument: 'uds.connection.errors',
    reason: 'EACCES',
    symptom: 'connections were refused, because the client may not connect to the upstream itself',
    remedy: 'open the folders above the upstream for search (0711), or write credentials: self',
  },
  {
    instrument: 'uds.connection.errors',
    reason: 'ENOENT',
    symptom: 'connections found no upstream',
    remedy: 'keep the service running, or correct upstream',
  },
  {
    instrument: 'uds.connection.errors',
    reason: 'ECONNREFUSED',
    symptom: 'connections were refused by an upstream on which nobody listens',
    remedy: 'keep the service running, or correct upstream',
  },
  {
    instrument: 'uds.connection.errors',
    reason: 'client_limit',
    symptom: 'connections were closed, because their client had as many as it may have',
    remedy: 'raise receivers.uds.client_limits.connections, or see why the client leaves so many open',
  },
  {
    instrument: 'uds.connection.errors',
    reason: 'EMFILE',
    isProblem: true,
    symptom: 'connections were closed for want of descriptors',
    remedy: 'raise LimitNOFILE=, or lower receivers.uds.client_limits.connections',
  },
  {
    instrument: 'uds.connection.errors',
    reason: 'connect_timeout',
    symptom: 'connections were given up, because the backlog of the upstream stayed full',
    remedy: 'see why the service does not accept, or raise connect_timeout',
  },
  {
    instrument: 'uds.connection.errors',
    reason: 'EPROTOTYPE',
    isProblem: true,
    symptom: 'connections met an upstream of another type of socket',
    remedy: 'write type: auto',
  },
  {
    instrument: 'uds.connection.errors',
    reason: 'EMSGSIZE',
    symptom: 'messages were longer than the relay may send',
    remedy: 'raise net.core.wmem_max, or give the agent CAP_NET_ADMIN',
  },
  {
    instrument: 'udscope.attribution.unattributed',
    reason: 'hidden',
    symptom: 'connections have no container, because /proc does not show their process',
    remedy: 'mount /proc without hidepid for the agent, or give it CAP_SYS_PTRACE',
  },
  {
    instrument: 'udscope.attribution.unattributed',
    reason: 'other_namespace',
    symptom: 'connections have no container, because their pid means nothing to the agent',
    remedy: "run the agent in the host's pid namespace (hostPID: true, --pid=host)",
  },
  {
    instrument: 'udscope.attribution.unattributed',
    reason: 'unknown_container',
    symptom: 'connections are of a container that the agent does not find',
    remedy: 'let the agent see the state and bundles of the runtime: docs/containers.md',
  },
  {
    instrument: 'udscope.attribution.unattributed',
    reason: 'gone',
    symptom: 'connections are of processes that had ended before they could be looked at',
    remedy: 'run Linux 6.16 or later with cgroup v2, whose kernel tells their cgroup',
  },
];

/** Where a setting would help; undefined for what is ordinary, or cannot be helped. */
export function lossAdvice({
  instrument,
  reason,
}: Pick<Loss, 'instrument' | 'reason'>): LossAdvice | undefined {
  return ADVICE.find(
    (each) => each.instrument === instrument && (each.reason === undefined || each.reason === reason),
  );
}
