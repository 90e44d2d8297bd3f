/**
 * bin/udscope-runtime runs this before it becomes the real runtime: `prepare.cjs PROGRAM USER XDG_RUNTIME_DIR ARGUMENT…`,
 * with the path and the whole command line of the wrapper, and the variables that decide where runtimes keep their state; the
 * environment is empty otherwise. Prepares a container if one is about to be made, and prints the path of the real runtime.
 */
import { readFileSync, writeSync } from 'node:fs';
import { printable } from '../values/printable.js';
import { type CommandLine, CommandLineError, parseCommandLine } from './command-line.js';
import { prepare } from './prepare.js';
import { RuntimeLog } from './runtime-log.js';
import { loadSettings } from './settings.js';

const STDOUT = 1;

/** The wrapper must not go on; the reason has been written. With any other status no reason has been written. */
const EXIT_REFUSED = 3;

interface Call {
  /** The path of the wrapper. */
  readonly self: string;
  readonly userName: string;
  readonly runtimeDirectory: string;
  readonly args: readonly string[];
}

async function main({ self, userName, runtimeDirectory, args }: Call): Promise<boolean> {
  let commandLine: CommandLine;
  try {
    commandLine = parseCommandLine(args, process.cwd());
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    new RuntimeLog(undefined, undefined).write('error', error.message);
    return false;
  }
  const log = new RuntimeLog(commandLine.log, commandLine.logFormat);
  const loaded = await loadSettings(commandLine.own, self);
  const { runtime } = loaded.settings;
  if (runtime === undefined) {
    for (const problem of loaded.problems) log.write('error', problem);
    return false;
  }
  const caller = {
    isRoot: process.geteuid?.() === 0,
    isInUserNamespace: isInUserNamespace(),
    userName,
    runtimeDirectory: runtimeDirectory || undefined,
  };
  if (!(await prepare({ commandLine, loaded, caller, log }))) return false;
  writeSync(STDOUT, runtime);
  return true;
}

/** The first user namespace maps every user to the same number. */
function isInUserNamespace(): boolean {
  try {
    return !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  } catch {
    return false;
  }
}

const [, , self = '', userName = '', runtimeDirectory = '', ...args] = process.argv;
// Without await at the top: this is bundled into one CommonJS file, which takes a fifth of the time to load. The process exits
// instead of ending by itself: everything has been written by then, and an engine waits.
main({ self, userName, runtimeDirectory, args }).then(
  (goesOn) => process.exit(goesOn ? 0 : EXIT_REFUSED),
  (error: unknown) => {
    new RuntimeLog(undefined, undefined).write('error', printable(String(error)));
    process.exit(1);
  },
);
