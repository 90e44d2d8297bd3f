import { fileURLToPath } from 'node:url';
import { startProcess } from '../../support/process.js';

const tools = new Map<string, Promise<string>>();

/**
 * What a script of test/system prints last: the path of what it has made. The first call on a machine takes minutes: give the
 * hook that time.
 */
export function builtTool(script: string): Promise<string> {
  const known = tools.get(script);
  if (known !== undefined) return known;
  const made = run(script);
  tools.set(script, made);
  return made;
}

async function run(script: string): Promise<string> {
  // Compiled, this file is in dist/test/system/support; scripts stay where the sources are.
  const path = fileURLToPath(new URL(`../../../../test/system/${script}`, import.meta.url));
  const build = await startProcess({ name: script, command: 'bash', args: [path] });
  const { code } = await build.exited;
  if (code !== 0) throw new Error(`${script} has failed\n${build.describe()}`);
  return build.output.trimEnd().split('\n').at(-1)!;
}
