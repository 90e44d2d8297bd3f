import { geteuid, pid as ownPid } from 'node:process';
import { readKernelText } from '../../../linux/files.js';
import type { ProcessFacts } from '../facts.js';

/** What an agent may do; undefined: that of this process, in whose place an agent would run. */
export function processFacts(agent: number | undefined): ProcessFacts {
  const pid = agent ?? ownPid;
  const status = readKernelText(`/proc/${pid}/status`) ?? '';
  const limits = readKernelText(`/proc/${pid}/limits`) ?? '';
  const [, uid] = /^Uid:\s*\d+\s+(\d+)/m.exec(status) ?? [];
  const [, capabilities] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  const [, files] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  return {
    isAgent: agent !== undefined,
    uid: uid === undefined ? (geteuid?.() ?? 0) : Number(uid),
    capabilities: capabilities === undefined ? undefined : BigInt(`0x${capabilities}`),
    files: files === undefined ? undefined : files === 'unlimited' ? Number.POSITIVE_INFINITY : Number(files),
  };
}
