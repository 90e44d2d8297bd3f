import { homedir } from 'node:os';
import { join } from 'node:path';
import { geteuid } from 'node:process';
import {
  DEFAULT_CONTAINERS_DIRECTORY,
  DEFAULT_CONTROL_SOCKET,
  PRIVATE,
  SOCKETS_DIRECTORY,
} from '../layout/default-paths.js';
import { printable } from '../values/printable.js';
import { runLookingCommand } from './control/run-command.js';
import { candidates } from './init/candidates.js';
import { configurationDocument, fits, type Places } from './init/document.js';
import { type FoundSocket, findSockets } from './init/find-sockets.js';
import { writeNewFile } from './init/write-new-file.js';

/** The agent's own group may read it, and nobody else: headers may come to be in it. */
const MODE = 0o640;

const STANDARD_OUTPUT = '-';

/** Writes a configuration for the sockets that listen on this host. */
export async function init(file: string): Promise<void> {
  await runLookingCommand(async () => {
    const places = placesOf(process.env, geteuid?.() === 0);
    const found = findSockets(candidates(homedir())).filter((socket) => fits(socket, places));
    const text = configurationDocument(found, places);
    if (file === STANDARD_OUTPUT) {
      process.stdout.write(text);
      return;
    }
    writeNewFile(file, text, MODE);
    process.stdout.write(`${describe(file, found)}\n${nextSteps(file, process.env)}\n`);
  });
}

/** As an agent of that user has them without a configuration. */
export function placesOf({ XDG_RUNTIME_DIR: own }: NodeJS.ProcessEnv, isRoot: boolean): Places {
  if (isRoot || own?.startsWith('/') !== true) {
    return {
      sockets: SOCKETS_DIRECTORY,
      control: DEFAULT_CONTROL_SOCKET,
      containers: DEFAULT_CONTAINERS_DIRECTORY,
    };
  }
  const commanding = join(own, 'udscope', PRIVATE);
  return {
    sockets: join(own, 'udscope/sockets'),
    control: join(commanding, 'control.sock'),
    containers: join(commanding, 'containers'),
  };
}

function describe(file: string, found: readonly FoundSocket[]): string {
  const names = (isRisky: boolean) =>
    found.filter(({ candidate }) => (candidate.risk !== undefined) === isRisky).map(({ name }) => name);
  const [relayed, risky] = [names(false), names(true)];
  const what = relayed.length === 0 ? 'no socket to relay was found' : `it relays ${relayed.join(', ')}`;
  const rest = risky.length === 0 ? '' : `; ${risky.join(', ')} as a comment`;
  return `wrote ${printable(file)}: ${what}${rest}`;
}

/** What a shell needs no quotes for. */
const PLAIN_WORD = /^[\w/.][\w/.@%+=:,-]*$/;

/** Commands as they can be copied: who may read the file is who has made it. */
export function nextSteps(file: string, { SUDO_USER: user }: NodeJS.ProcessEnv): string {
  const word = PLAIN_WORD.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`;
  const udscope = user === undefined ? 'udscope' : 'sudo udscope';
  return printable(`next: ${udscope} validate --config ${word} && ${udscope} run --config ${word}`);
}
