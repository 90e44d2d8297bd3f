import { wantsColours } from '../../values/colours.js';
import { type Key, keysIn, keysOfRest } from './keys.js';
import { Screen } from './screen.js';
import { Watch, type WatchSettings } from './watch.js';

/** Signals that end the command, once the terminal is as it was. */
const ENDING = ['SIGTERM', 'SIGHUP'] as const;

/** How long the rest of the sequence of a key may take, in ms. */
const SEQUENCE_MS = 50;

/** How soon the terminal is taken again, in ms that the command is not stopped. */
const CONTINUE_MS = 100;

/** The size of a terminal that does not tell its own. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };

type LiveSettings = Omit<WatchSettings, 'colour' | 'size' | 'draw'>;

/**
 * Shows an agent on the terminal until the user has seen enough. However it ends, the terminal is as it was.
 *
 * @throws CommandError when there is no agent, or it refuses, before anything is shown
 */
export async function live(settings: LiveSettings): Promise<void> {
  const leaving = new AbortController();
  const screen = new Screen(() => leaving.abort());
  const watch = new Watch({
    ...settings,
    signal: AbortSignal.any([settings.signal, leaving.signal]),
    colour: wantsColours(true, process.env),
    size: sizeOfTerminal,
    draw: (lines) => screen.draw(lines),
  });
  await watch.begin();
  const terminal = new Terminal(screen, watch, leaving);
  terminal.enter();
  try {
    await watch.run();
  } finally {
    terminal.leave();
  }
  terminal.endAsTold();
}

function sizeOfTerminal(): { columns: number; rows: number } {
  const { columns, rows } = process.stdout;
  return { columns: columns || DEFAULT_SIZE.columns, rows: rows || DEFAULT_SIZE.rows };
}

/** What the terminal and the kernel say to the command. */
class Terminal {
  readonly #screen: Screen;
  readonly #watch: Watch;
  readonly #leaving: AbortController;
  #rest = '';
  #timer: NodeJS.Timeout | undefined;
  #signal: NodeJS.Signals | undefined;

  constructor(screen: Screen, watch: Watch, leaving: AbortController) {
    this.#screen = screen;
    this.#watch = watch;
    this.#leaving = leaving;
  }

  enter(): void {
    process.on('exit', this.#give);
    process.on('SIGCONT', this.#take);
    for (const signal of ENDING) process.on(signal, this.#end);
    process.stdout.on('resize', this.#redraw);
    if (process.stdin.isTTY) process.stdin.setEncoding('utf8').on('data', this.#read);
    this.#take();
  }

  leave(): void {
    clearTimeout(this.#timer);
    this.#give();
    process.stdin.off('data', this.#read).pause();
    process.stdout.off('resize', this.#redraw);
    process.off('exit', this.#give).off('SIGCONT', this.#take);
    for (const signal of ENDING) process.off(signal, this.#end);
  }

  /** Ends by the signal that has ended it, so that others see which. */
  endAsTold(): void {
    if (this.#signal !== undefined) process.kill(process.pid, this.#signal);
  }

  /** Takes the terminal, at first and when the command goes on after it was stopped. */
  readonly #take = () => {
    // A shell may have changed the terminal while the command was stopped; what is set already is not set again.
    if (process.stdin.isTTY) process.stdin.setRawMode(false).setRawMode(true);
    this.#screen.enter();
    this.#redraw();
  };

  /** Gives it back. */
  readonly #give = () => {
    this.#screen.leave();
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  };

  readonly #redraw = () => {
    this.#screen.invalidate();
    this.#watch.draw();
  };

  readonly #end = (signal: NodeJS.Signals) => {
    this.#signal = signal;
    this.#leaving.abort();
  };

  readonly #read = (text: string) => {
    clearTimeout(this.#timer);
    const { keys, rest } = keysIn(this.#rest + text);
    this.#rest = rest;
    this.#press(keys);
    if (rest === '') return;
    this.#timer = setTimeout(() => {
      this.#rest = '';
      this.#press(keysOfRest(rest));
    }, SEQUENCE_MS);
  };

  /** Keys that came together, as of a text that was pasted. */
  #press(keys: readonly Key[]): void {
    const isForTerminal = (key: Key) => key === 'ctrl-z' || key === 'ctrl-l';
    this.#watch.press(keys.filter((key) => !isForTerminal(key)));
    if (keys.includes('ctrl-l')) this.#redraw();
    if (keys.includes('ctrl-z')) this.#suspend();
  }

  /** Stops as other commands do: the shell has the terminal until it has the command go on. Without a shell that could, nothing stops. */
  #suspend(): void {
    this.#give();
    process.kill(process.pid, 'SIGTSTP');
    setTimeout(this.#take, CONTINUE_MS);
  }
}
