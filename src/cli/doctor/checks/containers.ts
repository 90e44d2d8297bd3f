import type { UnmonitoredReason } from '../../../api/containers/unmonitored.js';
import type { Facts } from '../facts.js';
import { type Finding, Findings } from '../finding.js';

/** What to do, by reason. */
const REMEDIES: Readonly<Record<UnmonitoredReason, string>> = {
  agent_unavailable:
    'run the agent before containers start; see control and agent_uid in /etc/udscope/runtime.yaml',
  agent_timeout: 'raise deadline in /etc/udscope/runtime.yaml, or see why the agent is slow',
  agent_refused:
    "see the agent's log: the upstream, a mount of the control socket, or the id of the container",
  annotation: 'name paths in the annotation at which a socket is mounted, as the container sees them',
  configuration: 'mend /etc/udscope/runtime.yaml, or the flags of udscope-runtime',
  specification: 'see that udscope-runtime runs as root, and that the bundle can be written to',
  no_node: 'give node: /path/to/node in /etc/udscope/runtime.yaml',
  _OTHER: "report what the agent's log says of it",
};

const INSTRUMENT = 'udscope.runtime.unmonitored_containers';

/** Annotated containers that run without being relayed. */
export function checkContainers({ agent, reports }: Facts): Finding[] {
  const findings = new Findings('containers');
  const losses = agent.state === 'running' ? agent.status.losses : [];
  for (const { instrument, reason = '_OTHER', count } of losses) {
    if (instrument !== INSTRUMENT) continue;
    findings.warning(
      `${count} annotated containers were started without being relayed: ${reason}; the agent's log names them`,
      `${remedyOf(reason)}; then restart them`,
    );
  }
  for (const { reason, container, why } of reports ?? []) {
    const what = container === undefined ? 'an annotated container' : `container ${container}`;
    findings.warning(
      `${what} was started without being relayed: ${why ?? reason}`,
      `${remedyOf(reason)}; then restart it`,
    );
  }
  if (agent.state !== 'running' && reports === undefined)
    findings.unchecked('the reports of udscope-runtime cannot be looked at', 'run udscope doctor as root');
  return findings.orOk('no annotated container was started without being relayed');
}

function remedyOf(reason: string): string {
  return Object.hasOwn(REMEDIES, reason) ? REMEDIES[reason as UnmonitoredReason] : REMEDIES._OTHER;
}
