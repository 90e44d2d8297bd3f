import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';

/** Where Debian keeps daemons; a user's PATH may lack it. */
const SYSTEM_DIRECTORIES = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/lib/systemd'];

/** The full path of an installed program, or undefined. */
export function findProgram(name: string): string | undefined {
  const directories = [...(env['PATH'] ?? '').split(delimiter), ...SYSTEM_DIRECTORIES];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/** @throws Error when the program is not there. */
export function program(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

/** Enough for six thousand connections, both ends of each, where that is allowed. The command takes the shell's place. */
const MANY_DESCRIPTORS = '{ ulimit -n 20000 || ulimit -n "$(ulimit -Hn)"; } 2>/dev/null; exec "$@"';

/** However the harness ends, no process of it goes on running. */
const running = new Set<Running>();
process.on('exit', () => {
  for (const one of running) one.child.kill('SIGTERM');
});

/** Runs a command, on one processor if asked, until `stop`. An exit before that is reported by `failed`. */
export class Running {
  readonly child: ChildProcess;
  readonly #exited: Promise<void>;
  #isStopping = false;

  constructor(command: readonly string[], cpu: number | undefined, options: SpawnOptions) {
    const pinned = cpu === undefined ? command : [program('taskset'), '-c', String(cpu), ...command];
    const [file, ...args] = ['/bin/sh', '-c', MANY_DESCRIPTORS, 'sh', ...pinned];
    this.child = spawn(file, args, options);
    this.#exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', (code, signal) => {
        if (this.#isStopping) resolve();
        else reject(new Error(`${command[0]} ended by itself (${signal ?? code})`));
      });
    });
    running.add(this);
    void this.#exited.catch(() => {}).then(() => running.delete(this));
  }

  /** The shell and taskset become the command by exec(2), so this is the command's process. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the process did not start');
    return this.child.pid;
  }

  /** Rejects when the process ends before it is told to. */
  async failure(): Promise<never> {
    await this.#exited;
    throw new Error('the process was stopped');
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.child.kill('SIGTERM');
    await this.#exited;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
