import { basename, dirname } from 'node:path';
import type { Configuration } from '../../../configuration/index.js';
import type { Facts, SocketFacts } from '../facts.js';
import { type Finding, Findings } from '../finding.js';

/** Why metrics of a socket show nothing, or bytes alone. */
export function checkTraffic({ agent, sockets, configuration }: Facts): Finding[] {
  const findings = new Findings('traffic');
  if (agent.state !== 'running') {
    findings.unchecked('no agent tells what it has counted');
    return findings.all;
  }
  const config = configuration.state === 'loaded' ? configuration.config : undefined;
  for (const socket of sockets) {
    const { status } = socket;
    const isUnused = status?.counts.opened === 0;
    // A container need not use what it has.
    if (isUnused && status.container === undefined) findings.warning(...unused(socket));
    if (!isUnused) checkCalls(socket, config, findings);
  }
  return findings.orOk(
    sockets.length === 0 ? 'no socket is relayed' : 'every socket is used, and understood',
  );
}

function unused({ name, listen, upstream, takeover }: SocketFacts): [text: string, remedy: string] {
  const text = `${name}: no client has ever connected: metrics show zero`;
  if (takeover)
    return [
      text,
      `restart containers that had ${upstream} mounted before: they have the file of the service itself`,
    ];
  if (listen.startsWith('@')) return [text, `have clients connect to ${listen}`];
  return [
    text,
    `mount it, -v ${dirname(listen)}:/udscope:ro, and have the client connect to /udscope/${basename(listen)} instead of ${upstream}`,
  ];
}

function checkCalls(
  { name, status, config: socket }: SocketFacts,
  config: Configuration | undefined,
  findings: Findings,
): void {
  if (status === undefined || (status.protocols?.length ?? 0) > 0 || socket?.protocol === 'none') return;
  const { sendBytes, recvBytes } = status.counts;
  if (sendBytes + recvBytes === 0)
    findings.warning(
      `${name}: clients connect, and neither they nor the service say anything`,
      'see uds.connection.errors by error.type: the service may end connections at once',
    );
  else if (config !== undefined && !isDecoded(config, status.receiver))
    findings.warning(
      `${name}: bytes are counted, and no calls: no pipeline of ${status.receiver} decodes`,
      'add processors: [capture, enrich] to the pipeline, and both to processors',
    );
  else
    findings.warning(
      `${name}: bytes are counted, and no calls: no request of a protocol that udscope knows was understood`,
      'see docs/protocols.md; protocol: NAME tries one only, protocol: none has this warning end',
    );
}

function isDecoded({ pipelines, processors }: Configuration, receiver: string): boolean {
  const ids = pipelines
    .filter(({ receivers }) => receivers.includes(receiver))
    .flatMap((each) => each.processors);
  const types = new Set(ids.map((id) => processors.get(id)?.type));
  return types.has('capture') && types.has('enrich');
}
