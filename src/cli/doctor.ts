import { kernelFeatures } from '../linux/kernel-features.js';
import { printableJson } from '../values/printable.js';
import { VERSION } from '../version.js';
import type { ConfigurationOptions } from './configuration-files.js';
import type { ControlOptions } from './control/control-socket.js';
import { runLookingCommand } from './control/run-command.js';
import { describeFindings } from './doctor/describe.js';
import { diagnose } from './doctor/diagnose.js';
import type { Facts } from './doctor/facts.js';
import { type Asked, agentFacts } from './doctor/gather/agent.js';
import { mountFacts } from './doctor/gather/mounts.js';
import { processFacts } from './doctor/gather/process.js';
import { waitingReports } from './doctor/gather/reports.js';
import { socketFacts } from './doctor/gather/sockets.js';

export interface DoctorOptions extends ConfigurationOptions, ControlOptions {
  json?: boolean;
}

/** Says what is wrong and how to mend it; exit code 1 if there is a problem. It only reads. */
export async function doctor({ json = false, ...asked }: DoctorOptions): Promise<void> {
  await runLookingCommand(async (signal) => {
    const findings = diagnose(await gather(asked, signal));
    process.stdout.write(json ? `${printableJson(findings)}\n` : describeFindings(findings));
    if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1;
  });
}

async function gather(asked: Asked, signal: AbortSignal): Promise<Facts> {
  const { agent, answerer, configuration, control } = await agentFacts(asked, signal);
  const pid = agent.state === 'running' ? agent.status.pid : undefined;
  const ofProcess = processFacts(pid);
  const sockets = socketFacts(agent, configuration, ofProcess);
  const listens = sockets.filter(({ takeover }) => !takeover).map(({ listen }) => listen);
  // Its own pid is that of another process here, if it is in another pid namespace; the kernel tells of its listener.
  const agents = [...new Set([pid, answerer?.pid])].filter((each) => each !== undefined);
  return {
    nowMs: Date.now(),
    version: VERSION,
    nodeVersion: process.versions.node,
    kernel: kernelFeatures(),
    process: ofProcess,
    ...{ configuration, agent, control, sockets },
    mounts: mountFacts({ listens, control, agents }),
    reports: waitingReports(control),
  };
}
