import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import type { Cut, Line, ProgramCounts } from './reporter.js';

const READY_MS = 20_000;
const END_MS = 60_000;

/** A process of clients or servers, and what it has told so far. */
export class ProgramProcess {
  readonly cuts: Cut[] = [];
  readonly wrong: string[] = [];
  counts: ProgramCounts | undefined;
  /** Descriptors that it had open when it ended by itself. */
  descriptors: number | undefined;
  isReady = false;
  readonly #name: string;
  readonly #child: ChildProcess;
  #errors = '';

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => this.#take(JSON.parse(line) as Line));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4096);
    });
  }

  /** Starts one of ../programs; it is killed in the end, if it is still there. */
  static async start(cleanup: Cleanup, name: string, settings: object): Promise<ProgramProcess> {
    const path = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
    const child = spawn(process.execPath, [path, JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const program = new ProgramProcess(name, child);
    cleanup.defer(() => program.kill());
    await waitFor(`${name} to be ready`, () => program.isReady || program.#hasEnded, { timeoutMs: READY_MS });
    if (program.#hasEnded) throw new Error(`${name} ended: ${program.#errors}`);
    return program;
  }

  /** Whether it has ended by itself, as it does when all conversations are over. */
  get isOver(): boolean {
    return this.descriptors !== undefined;
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }

  /** Has it begin nothing more, and waits until all is over. */
  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    try {
      await waitFor(`${this.#name} to end`, () => this.#hasEnded, { timeoutMs: END_MS });
    } catch (error) {
      this.wrong.push((error as Error).message);
      await this.kill();
    }
    // What it told last may still be on its way.
    await waitFor(`${this.#name} to have told all`, () => this.isOver || !this.#isHeard, {
      timeoutMs: 2_000,
    }).catch(() => {});
    if (!this.isOver) this.wrong.push(`${this.#name} ended before all was over: ${this.#errors}`);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get #isHeard(): boolean {
    return this.#child.stdout?.readableEnded === false;
  }

  #take(line: Line): void {
    if ('ready' in line) this.isReady = true;
    else if ('cut' in line) this.cuts.push(line.cut);
    else if ('wrong' in line) this.wrong.push(`${this.#name}: ${line.wrong}`);
    else {
      this.counts = line.counts;
      if (line.isLast) this.descriptors = line.descriptors;
    }
  }
}
