import { lossAdvice } from '../../../api/loss-advice.js';
import type { Loss } from '../../../api/status-schema.js';
import type { Facts } from '../facts.js';
import { type Finding, Findings } from '../finding.js';

/** What was lost or refused, where a setting would help. */
export function checkLosses({ agent }: Facts): Finding[] {
  const findings = new Findings('losses');
  if (agent.state !== 'running') {
    findings.unchecked('no agent tells what was lost');
    return findings.all;
  }
  for (const loss of agent.status.losses) report(loss, findings);
  return findings.orOk('nothing was lost that a setting would keep');
}

function report(loss: Loss, findings: Findings): void {
  const advice = lossAdvice(loss);
  const { instrument, reason, count } = loss;
  if (advice === undefined) return;
  const text = `${count} ${advice.symptom} (${instrument}${reason === undefined ? '' : `, ${reason}`})`;
  if (advice.isProblem === true) findings.problem(text, advice.remedy);
  else findings.warning(text, advice.remedy);
}
