import { fileURLToPath } from 'node:url';
import type { Cleanup } from '../support/cleanup.js';
import { type RealProcess, startProcess } from '../support/process.js';

/** Starts one of the programs beside this file; it is killed in the end, if it is still there. `core`: the only one it may run on. */
export async function startProgram(
  cleanup: Cleanup,
  name: string,
  args: readonly string[],
  core?: number,
): Promise<RealProcess> {
  const path = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  const command = [process.execPath, path, ...args];
  const [first, ...rest] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const program = await startProcess({ name, command: first, args: rest });
  cleanup.defer(() => program.kill());
  return program;
}

/** The same, once it says that it is ready. */
export async function startReady(
  cleanup: Cleanup,
  name: string,
  args: readonly string[],
  core?: number,
): Promise<RealProcess> {
  const program = await startProgram(cleanup, name, args, core);
  await program.waitForOutput('ready');
  return program;
}
