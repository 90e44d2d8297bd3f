/**
 * Somebody who tries to get hold of a thread. Says what each attempt came to.
 *
 *   node intruder-process.js PERSON PID
 */
import { openSync } from 'node:fs';
import { setPriority } from 'node:os';
import { become, type Person } from './become.js';

const [person, target] = process.argv.slice(2);
const pid = Number(target);
become(JSON.parse(person) as Person);

function attempt(action: () => unknown): string {
  try {
    action();
    return 'done';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException & { info?: { code?: string } };
    return (error as { info?: { code?: string } }).info?.code ?? code ?? String(error);
  }
}

console.log(
  JSON.stringify({
    signal: attempt(() => process.kill(pid, 0)),
    priority: attempt(() => setPriority(pid, 19)),
    memory: attempt(() => openSync(`/proc/${pid}/mem`, 'r+')),
    environment: attempt(() => openSync(`/proc/${pid}/environ`, 'r')),
    descriptors: attempt(() => openSync(`/proc/${pid}/fd/0`, 'r')),
    oom: attempt(() => openSync(`/proc/${pid}/oom_score_adj`, 'r+')),
  }),
);
