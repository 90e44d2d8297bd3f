import { SCRIPTS } from './completion/scripts.js';
import type { Shell } from './completion/shells.js';

/** Prints what has a shell complete the command. */
export function printScript(shell: Shell): void {
  process.stdout.write(SCRIPTS[shell]);
}
