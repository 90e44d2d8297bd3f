import type { ExporterStatus } from '../../../api/status-schema.js';
import { formatAge } from '../../terminal/units.js';
import type { Facts } from '../facts.js';
import { type Finding, Findings } from '../finding.js';

/** What to do, by the reason of udscope.export.failures. */
const REMEDIES: Readonly<Record<string, string>> = {
  timeout: 'see whether the receiver is overloaded, or raise timeout of the exporter',
  unreachable: 'start the receiver, or correct endpoint of the exporter',
  unavailable: 'see the log of the receiver, which is overloaded or out of service',
  refused: 'correct headers and endpoint of the exporter: the log has the answer of the receiver',
  malformed: 'see that a receiver of OTLP/HTTP is at endpoint, and not one of gRPC (4317) or a proxy',
};

export function checkExporters({ agent, nowMs }: Facts): Finding[] {
  const findings = new Findings('exporters');
  if (agent.state !== 'running') {
    findings.unchecked('no agent tells how its exporters fare');
    return findings.all;
  }
  const { exporters } = agent.status;
  for (const exporter of exporters) checkExporter(exporter, nowMs, findings);
  return findings.orOk(exporters.length === 0 ? 'there are none' : 'all of them deliver');
}

function checkExporter(exporter: ExporterStatus, nowMs: number, findings: Findings): void {
  const { id, signal, lastSuccessMs, lastFailure, failed, queue } = exporter;
  const lost = Object.entries(failed).map(([reason, count]) => `${count} ${reason}`);
  const isFailing = lastFailure !== undefined && lastFailure.timeMs > (lastSuccessMs ?? 0);
  if (isFailing) {
    const { reason, timeMs } = lastFailure;
    const since = lastSuccessMs === undefined ? 'never' : `${formatAge(nowMs - lastSuccessMs)} ago`;
    findings.problem(
      `${id} does not deliver ${signal}: ${reason}, ${formatAge(nowMs - timeMs)} ago; the last success was ${since}`,
      REMEDIES[reason] ?? 'see the log of the agent',
    );
  } else if (lost.length > 0)
    findings.warning(
      `${id} has lost ${signal} before: ${lost.join(', ')}`,
      'see udscope.export.failures; retry_on_failure of the exporter says for how long it tries',
    );
  if (!isFailing && lastSuccessMs === undefined) {
    if (id.startsWith('prometheus'))
      findings.warning(
        `nobody has scraped ${id} yet`,
        'point Prometheus at its endpoint; only localhost reaches it unless endpoint says otherwise',
      );
    else findings.unchecked(`${id} has delivered no ${signal} yet`);
  }
  if (queue !== undefined && queue.dropped > 0)
    findings.warning(
      `${id} had no room for ${queue.dropped} ${signal === 'traces' ? 'spans' : 'log records'}`,
      signal === 'traces'
        ? 'raise sending_queue.queue_size, or lower enrich.span_ratio'
        : 'raise sending_queue.queue_size, or take receivers out of the logs pipeline',
    );
}
