import { readFileSync } from 'node:fs';

/** Files that may have to be open at once to load udscope, and to start one relay thread. */
const FILES_MIN = 128;

/** V8 reserves address space by the gigabyte for a process, and half of one for each thread; most of it is never used. */
const GIB = 2 ** 30;
const ADDRESS_SPACE_MIN = 3 * GIB;

/** Read at once: without descriptors it could not be. */
const own = readLimits();

/** What a limit of this process makes impossible from the start, if one does. Reads as the end of `udscope: …`. */
export function limitProblem(limits = own): string | undefined {
  const files = softLimit(limits, 'Max open files');
  if (files < FILES_MIN) {
    return `${filesAllowed(files)}; it takes ${FILES_MIN} to start, and two for each connection: give 1024 or more`;
  }
  const bytes = softLimit(limits, 'Max address space');
  if (bytes < ADDRESS_SPACE_MIN) {
    return `the address space is limited to ${(bytes / GIB).toFixed(1)} GiB (ulimit -v), of which Node reserves more than it uses; give at least ${ADDRESS_SPACE_MIN / GIB} GiB, and limit memory by a cgroup`;
  }
  return undefined;
}

/** What explains an error further that was met for want of descriptors; empty for others. */
export function limitHint(error: unknown): string {
  const { code, message = '' } = error as NodeJS.ErrnoException;
  const isWant =
    ['EMFILE', 'ENFILE', 'ERR_WORKER_INIT_FAILED'].includes(code ?? '') || /EMFILE/.test(message);
  return isWant ? `: ${filesAllowed(softLimit(own, 'Max open files'))}; give more` : '';
}

function filesAllowed(files: number): string {
  return `at most ${files} files may be open at once (ulimit -n, LimitNOFILE=)`;
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

/** Infinity where there is none, or nobody knows. */
function softLimit(limits: string, name: string): number {
  const line = limits.split('\n').find((each) => each.startsWith(name));
  const [soft] = line?.slice(name.length).trim().split(/\s+/) ?? [];
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
