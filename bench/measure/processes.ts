/**
 * The cost of a relay, read from /proc. A relay is a process and all its descendants (nginx has a worker,
 * socat a process for each connection) with all their threads (Node compiles and collects on its own).
 */
import { readdirSync, readFileSync } from 'node:fs';

const KIB = 2 ** 10;
const NS_A_TICK = 1e7;

/** CPU time of a process and its descendants so far, in ns. Threads that have ended are not in it. */
export function cpuNs(pid: number): number {
  let total = 0;
  for (const process of tree(pid)) {
    for (const task of tasks(process)) {
      // Documentation/scheduler/sched-stats: ns on the processor, ns on a run queue, timeslices.
      total += Number.parseInt(read(`${task}/schedstat`), 10) || 0;
    }
  }
  return total;
}

/**
 * How long processors have been in use so far, by any process, in ns, with the time that the hypervisor took. Coarse:
 * the kernel counts ticks of 10 ms. All processors when none is named.
 */
export function processorsBusyNs(cpus: readonly number[]): number {
  const names = cpus.length === 0 ? ['cpu'] : cpus.map((cpu) => `cpu${cpu}`);
  let ticks = 0;
  for (const line of read('/proc/stat').split('\n')) {
    // proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user time.
    const [name, user, nice, system, , , irq, softirq, steal] = line.split(/ +/);
    if (names.includes(name))
      ticks += [user, nice, system, irq, softirq, steal].map(Number).reduce((a, b) => a + b);
  }
  return ticks * NS_A_TICK;
}

/** Resident memory of a process and its descendants, in bytes. Pages they share count for each of them. */
export function residentBytes(pid: number): number {
  let total = 0;
  for (const process of tree(pid)) {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${process}/status`));
    total += Number(match?.[1] ?? 0) * KIB;
  }
  return total;
}

/** The processors this process may run on. */
export function allowedCpus(): number[] {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(read('/proc/self/status'))?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function tree(pid: number): number[] {
  const children = tasks(pid).flatMap((task) =>
    read(`${task}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(tree)];
}

function tasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`);
  } catch {
    return [];
  }
}

/** Empty when the process or thread has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
