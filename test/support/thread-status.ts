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
  const all = readdirSync(folder).map((id) => statusOf(readFileSync(`${folder}/${id}/status`, 'latin1')));
  return [...new Set(all)];
}
