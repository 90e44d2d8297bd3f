import { fileURLToPath } from 'node:url';
import type { Cleanup } from '../support/cleanup.js';
import { type RealProcess, startProcess } from '../support/process.js';

/** Where a program runs. */
export interface Whereabouts {
  /** The only core it may run on. */
  readonly core?: number;
  /** The directory of its cgroup, from before it does anything. */
  readonly cgroup?: string | undefined;
}

/** Has a shell move itself to a cgroup, and become the program. */
const ENTER = 'echo $$ > "$0/cgroup.procs" && exec "$@"';

/** Starts one of the programs beside this file; it is killed in the end, if it is still there. */
export async function startProgram(
  cleanup: Cleanup,
  name: string,
  args: readonly string[],
  { core, cgroup }: Whereabouts = {},
): Promise<RealProcess> {
  const path = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  const pinned = core === undefined ? [] : ['taskset', '-c', String(core)];
  const moved = cgroup === undefined ? [] : ['sh', '-c', ENTER, cgroup];
  const [first, ...rest] = [...moved, ...pinned, process.execPath, path, ...args];
  const program = await startProcess({ name, command: first, args: rest });
  cleanup.defer(() => program.kill());
  return program;
}

/** The same, once it says that it is ready. */
export async function startReady(
  cleanup: Cleanup,
  name: string,
  args: readonly string[],
  whereabouts?: Whereabouts,
): Promise<RealProcess> {
  const program = await startProgram(cleanup, name, args, whereabouts);
  await program.waitForOutput('ready');
  return program;
}
