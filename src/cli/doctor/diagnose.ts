import { checkAgent, checkConfiguration } from './checks/agent.js';
import { checkContainers } from './checks/containers.js';
import { checkExporters } from './checks/exporters.js';
import { checkFiles, checkKernel, checkNode, checkPrivileges } from './checks/host.js';
import { checkLosses } from './checks/losses.js';
import {
  checkControl,
  checkDatagrams,
  checkDirectories,
  checkMounts,
  checkUpstreams,
} from './checks/sockets.js';
import { checkTraffic } from './checks/traffic.js';
import type { Facts } from './facts.js';
import { type Finding, STATES } from './finding.js';

/** In the order in which causes precede their symptoms. */
export const CHECKS: readonly ((facts: Facts) => Finding[])[] = [
  checkNode,
  checkKernel,
  checkConfiguration,
  checkAgent,
  checkPrivileges,
  checkFiles,
  checkUpstreams,
  checkDirectories,
  checkControl,
  checkMounts,
  checkContainers,
  checkDatagrams,
  checkExporters,
  checkLosses,
  checkTraffic,
];

/** Everything that the checks find: what is wrong comes first. */
export function diagnose(facts: Facts): Finding[] {
  const findings = CHECKS.flatMap((check) => check(facts));
  return STATES.flatMap((state) => findings.filter((finding) => finding.state === state));
}
