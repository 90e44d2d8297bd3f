/**
 * Somebody who may write to a directory: puts other things into the place of what is made there, as fast as he can, until
 * he is killed.
 *
 *   node swapping-process.js UID WHAT PATH VICTIM
 *
 * WHAT: `symlink` or `link`, to the victim; `directory`: a link to the victim in the place of PATH's directory; `remove`:
 * nothing. UID 0 stands for whoever starts it.
 */
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { setgid, setgroups, setuid } from 'node:process';

const [uid, what, path, victim] = process.argv.slice(2);

if (uid !== '0') {
  setgroups?.([]);
  setgid?.(Number(uid));
  setuid?.(Number(uid));
}

function tries(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

const MAX_STAY_MS = 0.3;

const directory = dirname(path);
let moved = 0;

/** One exchange, and back to nothing. What is in the way he moves aside and removes later: rename(2) is at once. */
const exchanges: Record<string, () => void> = {
  symlink: () => replaceBy(() => symlinkSync(victim, path)),
  link: () => replaceBy(() => linkSync(victim, path)),
  remove: () => tries(() => unlinkSync(path)),
  directory: () => {
    // What the agent makes there cannot be removed by others, only moved.
    if (!tries(() => renameSync(directory, `${directory}.${moved++}`))) return;
    tries(() => symlinkSync(victim, directory));
    stay();
    tries(() => rmSync(directory));
    tries(() => mkdirSync(directory));
  },
};

function replaceBy(put: () => void): void {
  if (!tries(() => renameSync(path, `${path}.old`))) return;
  tries(put);
  stay();
  tries(() => unlinkSync(path));
}

/** For as long as it may take from bind(2) to chmod(2), more or less. */
function stay(): void {
  const endMs = performance.now() + Math.random() * MAX_STAY_MS;
  while (performance.now() < endMs);
}

const exchange = exchanges[what];
console.log(JSON.stringify('ready'));
for (;;) exchange();
