import { readFileSync } from 'node:fs';

/** Files that are open at once while udscope loads and starts one relay thread. */
const FILES_MIN = 128;

/** V8 reserves gigabytes of address space for a process, and half a GiB for each thread; most is never used. */
const GIB = 2 ** 30;
const ADDRESS_SPACE_MIN = 3 * GIB;

/** Read at load, since it cannot be read once no descriptor is free. */
const own = readLimits();

/** A limit of this process that keeps the agent from starting, if there is one. Follows `udscope: `. */
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

/** Explains an error caused by a lack of descriptors; empty for other errors. */
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

/** Infinity where there is no limit, or it is unknown. */
function softLimit(limits: string, name: string): number {
  const line = limits.split('\n').find((each) => each.startsWith(name));
  const [soft] = line?.slice(name.length).trim().split(/\s+/) ?? [];
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft);
}
