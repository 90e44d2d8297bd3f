import { printable } from '../../../values/printable.js';
import { formatAge } from '../../terminal/units.js';
import type { Facts } from '../facts.js';
import { type Finding, Findings } from '../finding.js';

/** Files are written, and then loaded: what differs by less is the same moment. In ms. */
const MOMENT_MS = 1000;

/** How a mistake ends that is this user's alone. */
const UNREADABLE = 'cannot be read: permission denied';

export function checkConfiguration({ configuration }: Facts): Finding[] {
  const findings = new Findings('configuration');
  if (configuration.state === 'none') return findings.orOk('the agent was started with arguments only');
  const { files } = configuration;
  if (configuration.state === 'mistaken') {
    for (const mistake of configuration.mistakes) {
      if (mistake.endsWith(UNREADABLE)) findings.unchecked(mistake, 'run udscope doctor as root');
      else findings.problem(mistake, 'mend it, and see udscope validate');
    }
    return findings.all;
  }
  for (const warning of configuration.warnings) findings.warning(warning, 'see udscope validate');
  return findings.orOk(`${files.join(', ')} has no mistake`);
}

export function checkAgent({ agent, configuration, control, version, nowMs }: Facts): Finding[] {
  const findings = new Findings('agent');
  const hasControl = configuration.state !== 'loaded' || configuration.config.service.extensions.length > 0;
  if (agent.state === 'absent' && !hasControl)
    findings.unchecked(
      'the configuration has no control extension, so that an agent cannot be asked',
      'add extensions: { control: {} } and service: { extensions: [control] }',
    );
  else if (agent.state === 'absent')
    findings.problem(
      `no agent runs, or not with the control socket ${control}: ${agent.why}`,
      'systemctl start udscope, or udscope supervise -- udscope run --config FILE; --control PATH names another socket',
    );
  else if (agent.state === 'unknown') findings.unchecked(agent.why, 'run udscope doctor as root');
  else if (agent.state === 'failing')
    findings.problem(agent.why, "see the agent's log: journalctl -u udscope; then restart it");
  if (agent.state !== 'running') return findings.all;
  const { status } = agent;
  const { lastReload, loadedMs } = status.configuration;
  if (status.version !== version)
    findings.warning(
      `version ${status.version} runs, and ${version} is installed`,
      'udscope upgrade, or restart the agent',
    );
  if (lastReload?.error !== undefined)
    findings.problem(
      `the last reload has failed, and what was loaded before holds: ${lastReload.error.split('\n').join('; ')}`,
      'mend the file, then udscope reload',
    );
  else if (configuration.state === 'loaded' && isNewer(configuration.changedMs, loadedMs))
    findings.warning(
      `a file of the configuration was changed after it was loaded: ${configuration.files.join(', ')}`,
      'udscope reload',
    );
  const age = formatAge(nowMs - status.startedMs);
  return findings.orOk(`udscope ${printable(status.version)}, pid ${status.pid}, up ${age}`);
}

function isNewer(changedMs: number | undefined, loadedMs: number | undefined): boolean {
  return changedMs !== undefined && loadedMs !== undefined && changedMs > loadedMs + MOMENT_MS;
}
