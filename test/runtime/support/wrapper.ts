import { type ExecFileException, execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { repositoryPath } from '../../support/paths.js';
import { KEY } from './control-socket.js';

export const WRAPPER = repositoryPath('bin', 'udscope-runtime');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly program?: string;
}

/** Has the wrapper find the Node that runs the tests, wherever that is. */
export const NODE = `--udscope-node=${process.execPath}`;

/** As if there were no Node. */
export const NO_NODE = '--udscope-node=/no/such/node';

/** Runs the wrapper as an engine does, or another program that is to become it. */
export function runWrapper(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { program, ...rest } = options;
  const own = program === undefined && !args.includes(NO_NODE) ? [NODE] : [];
  return new Promise((resolve) => {
    execFile(
      program ?? WRAPPER,
      [...own, ...args],
      rest,
      (error: ExecFileException | null, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

/** Has the wrapper make container `c1`; `flags` are its own, `global` those of the runtime. */
export function createContainer(
  { runtime, control }: { runtime: string; control: string },
  bundle: Bundle,
  flags: readonly string[] = [],
  global: readonly string[] = [],
): Promise<Ran> {
  return runWrapper([
    ...[`--udscope-runtime=${runtime}`, `--udscope-control=${control}`, ...flags],
    ...['--root', '/r', ...global, 'create', '--bundle', bundle.path, 'c1'],
  ]);
}

/** A program in the place of a runtime, from lines of shell. */
export function fakeRuntime(directory: string, script: string, name = 'runc'): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Prints the arguments, each in brackets, as a runtime to see that and how it was called. */
export const ECHO = 'printf "[%s]" "$@"';

/** What it prints. */
export function echoed(args: readonly string[]): string {
  return args.map((arg) => `[${arg}]`).join('');
}

/** A specification as engines write them, with what a round trip through JavaScript would change. */
export function specification(annotations: Record<string, string>, mounts: readonly object[]): string {
  const text = JSON.stringify(
    { ociVersion: '1.2.0', mounts, annotations, process: { rlimits: ['LIMIT'] } },
    null,
    3,
  );
  return text.replace('"LIMIT"', '{ "type": "RLIMIT_NOFILE", "hard": 18446744073709551615,"soft":1.0e3 }');
}

export const SOCKET_MOUNT = {
  destination: '/tmp/upstream.sock',
  type: 'bind',
  source: '/run/service/upstream.sock',
  options: ['rbind', 'rprivate', 'rw'],
};

export class Bundle {
  readonly path: string;
  readonly config: string;

  constructor(cleanup: Cleanup, text = specification({ [KEY]: '/tmp/upstream.sock' }, [SOCKET_MOUNT])) {
    this.path = join(cleanup.directory(), 'bundle');
    mkdirSync(this.path);
    this.config = join(this.path, 'config.json');
    writeFileSync(this.config, text);
  }

  get text(): string {
    return readFileSync(this.config, 'utf8');
  }
}
