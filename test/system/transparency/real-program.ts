/** Programs of the tests: servers that end with the test, clients that do their work and end, and such as are typed to. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Cleanup } from '../../support/cleanup.js';
import { repositoryPath } from '../../support/paths.js';
import { RealProcess, startProcess } from '../../support/process.js';
import { findTool } from '../support/requirements.js';

/** Debian's own, which has Debian's packages. */
export const PYTHON = '/usr/bin/python3';

type Environment = Readonly<Record<string, string>>;

/** Starts a server that ends with the test. */
export async function serve(
  cleanup: Cleanup,
  command: string,
  args: readonly string[],
  env: Environment = {},
): Promise<RealProcess> {
  const server = await startProcess({ command: findTool(command) ?? command, args, env });
  cleanup.defer(async () => {
    await server.stop();
  });
  return server;
}

/** Runs a client to its end, which must be a good one; what it has said. */
export async function client(
  command: string,
  args: readonly string[],
  env: Environment = {},
): Promise<string> {
  const process = await startProcess({ command: findTool(command) ?? command, args, env });
  const { code } = await process.exited;
  assert.equal(code, 0, process.describe());
  return process.output;
}

/** The path of a program beside the tests. */
export function program(name: string): string {
  return repositoryPath('test', 'system', 'transparency', 'programs', name);
}

/** A process that is typed to. */
export class TypedProcess extends RealProcess {
  #write: ((bytes: Buffer | string) => void) | undefined;
  #end: (() => void) | undefined;

  static async start(
    cleanup: Cleanup,
    command: string,
    args: readonly string[],
    env: Environment = {},
  ): Promise<TypedProcess> {
    const child = spawn(findTool(command) ?? command, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    await once(child, 'spawn');
    const typed = new TypedProcess(command, child);
    // A program that has ended before it was told everything shows in what it has said.
    child.stdin.on('error', () => {});
    typed.#write = (bytes) => child.stdin.write(bytes);
    typed.#end = () => child.stdin.end();
    cleanup.defer(() => typed.kill());
    return typed;
  }

  type(bytes: Buffer | string): void {
    this.#write?.(bytes);
  }

  /** Ends its standard input. */
  hush(): void {
    this.#end?.();
  }
}
