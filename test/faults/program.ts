import { fileURLToPath } from 'node:url';
import type { Cleanup } from '../support/cleanup.js';
import { type RealProcess, startProcess } from '../support/process.js';

/** Starts one of the programs beside this file; it is killed in the end, if it is still there. */
export async function startProgram(
  cleanup: Cleanup,
  name: string,
  args: readonly string[],
): Promise<RealProcess> {
  const path = fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url));
  const program = await startProcess({ name, command: process.execPath, args: [path, ...args] });
  cleanup.defer(() => program.kill());
  return program;
}

/** The same, once it says that it is ready. */
export async function startReady(
  cleanup: Cleanup,
  name: string,
  args: readonly string[],
): Promise<RealProcess> {
  const program = await startProgram(cleanup, name, args);
  await program.waitForOutput('ready');
  return program;
}
