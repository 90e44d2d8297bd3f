import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from './cleanup.js';

/** A node process that runs one of the programs beside this file and talks in lines of JSON. */
export class Child {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: ChildProcess) {
    this.#process = process;
    if (process.stdout === null) throw new Error('the child has no stdout');
    this.#lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  /** @param limit shell code that runs first, as `ulimit -n 64` */
  static start(cleanup: Cleanup, program: string, args: readonly unknown[], limit = ':'): Child {
    const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
    const command = `${limit} && exec "$0" "$@"`;
    const child = spawn('sh', ['-c', command, process.execPath, path, ...args.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    cleanup.defer(() => child.kill('SIGKILL'));
    return new Child(child);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The next thing it says. @throws Error when it has ended instead. */
  async hear<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the child ended without a word');
    return JSON.parse(value) as T;
  }

  say(message: unknown): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#process.kill(signal);
    await this.exited();
  }

  /** Its exit code, or the signal that ended it. */
  async exited(): Promise<number | NodeJS.Signals | null> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return exitCode ?? signalCode;
    const [code, signal] = await once(this.#process, 'exit');
    return code ?? signal;
  }
}
