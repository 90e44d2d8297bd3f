#!/usr/bin/env node
import { argv, platform } from 'node:process';
import { nameThread } from '../linux/thread-name.js';
import { limitHint, limitProblem } from './limits.js';
import { watchOutput } from './output.js';

/** Commands that run an agent. */
const AGENTS = ['run', 'relay'];

/** The command that starts agents and holds their sockets. */
const SUPERVISE = 'supervise';

/** What the scripts of `udscope completion` call; in no help. */
const COMPLETE = '__complete';

/** Commands that look at files, or ask at a socket, where a file system may not answer. */
const LOOKERS = [
  ...[...AGENTS, 'validate', 'test', 'config', 'init', 'doctor', COMPLETE],
  ...['ps', 'status', 'tail', 'top', 'reload', 'upgrade', 'register', 'unregister'],
];

/** Why the command cannot run on this machine, if it cannot. */
function problem(): string | undefined {
  if (platform !== 'linux')
    return `runs on Linux only, not on ${platform}: it relays with Linux system calls`;
  return AGENTS.includes(argv[2]) ? limitProblem() : undefined;
}

/** Loads the commands, which opens many files at once. @throws the error of a file that cannot be opened. */
async function main(): Promise<void> {
  if (LOOKERS.includes(argv[2])) {
    const { letSignalsEndProcess } = await import('../linux/signals.js');
    letSignalsEndProcess();
  }
  // It stays small: it loads nothing of what an agent needs, nor what reads the other commands.
  if (argv[2] === SUPERVISE && argv.includes('--')) {
    const { supervise } = await import('./supervise.js');
    await supervise(argv.slice(3));
    return;
  }
  if (argv[2] === COMPLETE) {
    const { complete } = await import('./completion/complete.js');
    await complete(argv.slice(3));
    return;
  }
  const { runCommandLine } = await import('./command-line.js');
  await runCommandLine(argv);
}

function fail(message: string): void {
  process.stderr.write(`udscope: ${message}\n`);
  process.exitCode = 1;
}

nameThread('udscope');
watchOutput();
const found = problem();
if (found !== undefined) fail(found);
else {
  await main().catch((error: unknown) => {
    const hint = limitHint(error);
    if (hint === '') throw error;
    fail(`${(error as Error).message}${hint}`);
  });
}
