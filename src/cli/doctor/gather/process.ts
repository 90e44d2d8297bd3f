import { getegid, geteuid, pid as ownPid } from 'node:process';
import { readKernelText } from '../../../linux/files.js';
import type { ProcessFacts } from '../facts.js';

/** An agent in another pid namespace has a pid there that is some other process here. */
const COMMAND = /(?:^|[/\0])udscope\0|\/cli\/main\.js\0/;

/** What an agent may do; without one, what this process may, in whose place it would run. */
export function processFacts(agent: number | undefined): ProcessFacts {
  const pid = agent ?? ownPid;
  const isSeen = agent === undefined || COMMAND.test(readKernelText(`/proc/${pid}/cmdline`) ?? '');
  const [status, limits] = ['status', 'limits'].map((name) =>
    isSeen ? (readKernelText(`/proc/${pid}/${name}`) ?? '') : '',
  ) as [string, string];
  const [, capabilities] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? [];
  const [, files] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  return {
    isAgent: agent !== undefined,
    uid: effectiveId(status, 'Uid') ?? geteuid?.() ?? 0,
    gid: effectiveId(status, 'Gid') ?? getegid?.() ?? 0,
    capabilities: capabilities === undefined ? undefined : BigInt(`0x${capabilities}`),
    files: files === undefined ? undefined : files === 'unlimited' ? Number.POSITIVE_INFINITY : Number(files),
  };
}

/** Of the real, effective, saved and file system id: proc_pid_status(5). */
function effectiveId(status: string, name: 'Uid' | 'Gid'): number | undefined {
  const [, id] = new RegExp(`^${name}:\\s*\\d+\\s+(\\d+)`, 'm').exec(status) ?? [];
  return id === undefined ? undefined : Number(id);
}
