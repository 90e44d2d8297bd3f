/** The JSON-RPC client of the folder client/, built with Go: one static file that runs in an empty container. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryPath } from '../../support/paths.js';
import { startProcess } from '../../support/process.js';
import { findTool } from '../support/requirements.js';

/** What a client has done; of a service, what it was asked. Errors are sentences. */
export interface Report {
  readonly connections: number;
  /** By method, notifications among them. */
  readonly calls: Readonly<Record<string, number>>;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly errors: readonly string[];
}

/**
 * What it does, and when it reports:
 *
 * - `calls`: all its calls, then it ends. With 0 calls it goes on until its standard input ends.
 * - `rounds`: the same for each line it is told, until its standard input ends.
 * - `notify`: one notification, and it is gone.
 * - `serve`: it is the service, until its standard input ends.
 */
export type ClientMode = 'calls' | 'rounds' | 'notify' | 'serve';

export interface ClientOptions {
  readonly mode?: ClientMode;
  readonly socket: string;
  /** Open at the same time; 1 by default. */
  readonly connections?: number;
  /** Of each connection; 0 by default. */
  readonly calls?: number;
  /** 16 by default. */
  readonly payloadBytes?: number;
  /** Called in turn; `echo` by default. */
  readonly methods?: readonly string[];
  /** After each call; 0 by default. */
  readonly pauseMs?: number;
}

/** The command line of a client. */
export function clientArguments(options: ClientOptions): string[] {
  const {
    mode = 'calls',
    socket,
    connections = 1,
    calls = 0,
    payloadBytes = 16,
    methods = ['echo'],
  } = options;
  return [
    ...(mode === 'calls' ? [] : [`-${mode}`]),
    `-socket=${socket}`,
    `-connections=${connections}`,
    `-calls=${calls}`,
    `-payload=${payloadBytes}`,
    `-methods=${methods.join(',')}`,
    `-pause=${options.pauseMs ?? 0}ms`,
  ];
}

/** Compiling Go's library takes a minute where nothing is in its caches. */
export const CLIENT_BUILD_TIMEOUT_MS = 5 * 60_000;

let binary: Promise<string> | undefined;

/** Its path, in a folder that is removed when the tests end. The first call builds it. */
export function buildClient(): Promise<string> {
  binary ??= build();
  return binary;
}

async function build(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'udscope-client-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'client');
  const go = await startProcess({
    command: findTool('go') ?? 'go',
    args: ['build', '-trimpath', '-ldflags=-s -w', '-o', path, '.'],
    cwd: repositoryPath('test', 'system', 'containers', 'client'),
    env: { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOWORK: 'off' },
  });
  const { code } = await go.exited;
  if (code !== 0) throw new Error(`the client could not be built\n${go.describe()}`);
  return path;
}
