import { readdirSync, readFileSync } from 'node:fs';

/** What /proc says of a thread's credentials, on one line. */
export type ThreadStatus = string;

const LINES = ['Uid:', 'Gid:', 'Groups:', 'CapPrm:', 'CapEff:'];

export function statusOf(text: string): ThreadStatus {
  const lines = text.split('\n').filter((line) => LINES.some((name) => line.startsWith(name)));
  return lines.map((line) => line.trim().replaceAll('\t', ' ')).join('; ');
}

/** Of the thread that asks. */
export function ownStatus(): ThreadStatus {
  return statusOf(readFileSync('/proc/thread-self/status', 'latin1'));
}

/** Of every thread of a process: what they differ in. */
export function statuses(pid: number | string = 'self'): ThreadStatus[] {
  const folder = `/proc/${pid}/task`;
  return [...new Set(readdirSync(folder).flatMap((id) => statusIn(`${folder}/${id}/status`)))];
}

/** Nothing when the thread has ended meanwhile. */
function statusIn(path: string): ThreadStatus[] {
  try {
    return [statusOf(readFileSync(path, 'latin1'))];
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
