/** A command on a terminal of its own, and what a person would see there. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { eventually } from '../../support/eventually.js';
import { repositoryPath } from '../../support/paths.js';
import { COMMAND } from '../../support/udscope.js';

interface Size {
  readonly columns: number;
  readonly rows: number;
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether the terminal has the modes that it had before. */
  readonly isSame: boolean;
}

export class PseudoTerminal {
  readonly exited: Promise<Ended>;
  readonly #helper: ChildProcessByStdio<Writable, Readable, Readable>;
  #output = '';
  #errors = '';

  private constructor(helper: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#helper = helper;
    helper.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    helper.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    helper.stdin.on('error', () => {});
    this.exited = this.#end();
  }

  /** Starts the `udscope` command. */
  static async start(
    args: readonly string[],
    { columns, rows, env }: Size & { env: Readonly<Record<string, string>> },
  ): Promise<PseudoTerminal> {
    const script = repositoryPath('test/system/python/pseudo_terminal.py');
    const command = [script, String(columns), String(rows), process.execPath, COMMAND, ...args];
    const helper = spawn('python3', command, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    await once(helper, 'spawn');
    return new PseudoTerminal(helper);
  }

  /** All that the command has written. */
  get output(): string {
    return this.#output;
  }

  type(text: string): void {
    this.#order({ type: text });
  }

  resize(columns: number, rows: number): void {
    this.#order({ resize: [columns, rows] });
  }

  signal(signal: NodeJS.Signals): void {
    this.#order({ signal: constants.signals[signal] });
  }

  /** Takes nothing from the command any more, as a terminal that is stopped with Ctrl-S. */
  stopReading(): void {
    this.#order({ stop: true });
  }

  /** What the screen shows, line by line, as far as this command uses the terminal. */
  screen(): string[] {
    const lines: string[] = [];
    for (const [, row, text = ''] of this.#frames().matchAll(MOVES)) {
      if (row === undefined) lines.length = 0;
      else lines[Number(row) - 1] = stripVTControlCharacters(text);
    }
    return Array.from(lines, (line = '') => line);
  }

  async shows(pattern: RegExp): Promise<void> {
    await eventually(
      `the screen shows ${pattern}`,
      () => pattern.test(this.screen().join('\n')),
      () => this.screen().join('\n') + this.#errors,
    );
  }

  /** The terminal has its screen, cursor and modes again. */
  async assertGivenBack(): Promise<void> {
    const { isSame } = await this.exited;
    assert.equal(isSame, true, 'the modes of the terminal have changed');
    assert.ok(
      this.#output.trimEnd().endsWith('\x1b[?7h\x1b[?25h\x1b[?1049l'),
      JSON.stringify(this.#output.slice(-80)),
    );
  }

  kill(): void {
    if (this.#helper.exitCode === null) this.signal('SIGKILL');
  }

  #frames(): string {
    return this.#output.slice(this.#output.lastIndexOf('\x1b[?1049h'));
  }

  #order(order: object): void {
    this.#helper.stdin.write(`${JSON.stringify(order)}\n`);
  }

  async #end(): Promise<Ended> {
    await once(this.#helper, 'close');
    const { code, signal, isSame } = JSON.parse(this.#errors.trimEnd().split('\n').at(-1) ?? '');
    const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
    return { code, signal: (name as NodeJS.Signals | undefined) ?? null, isSame };
  }
}

/** The screen is emptied; or a line is written anew, up to the next or the end of a frame. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what terminals are told.
const MOVES = /\x1b\[2J|\x1b\[(\d+);1H\x1b\[2K(.*?)(?=\x1b\[\d+;1H|\x1b\[\?2026l|\x1b\[2J|$)/g;
