import { EAGAIN } from '../../linux/errno.js';
import { WaitlessOutput } from '../../linux/waitless-output.js';

/*
 * DEC private modes: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 * 1049: alternate screen; 25: cursor; 7: wrap. 2026: show what has changed at once; terminals without it take no notice.
 */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J';
const LEAVE = '\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';
const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';

/** How long to wait before a terminal that takes nothing is tried again, in ms. */
const RETRY_MS = 50;

/** How long a terminal that takes nothing may keep the command from leaving it, in ms. */
const LEAVE_MS = 300;

/** Takes bytes without waiting: how many, or a negated errno. */
export interface Output {
  write(bytes: Uint8Array): number;
  waitWritable(timeoutMs: number): void;
}

/**
 * The terminal while it shows nothing else. Only lines that have changed are written. A slow terminal gets whole frames, and fewer of
 * them: while it has not taken one, only the latest is kept.
 */
export class Screen {
  readonly #output: Output;
  readonly #failed: () => void;
  /** What the terminal shows, once it has taken everything; undefined: it is to be written anew. */
  #shown: readonly string[] | undefined;
  /** What it has not taken yet. */
  #left: Uint8Array = new Uint8Array();
  #next: readonly string[] | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isEntered = false;

  /** `failed`: the terminal is gone. */
  constructor(failed: () => void, output: Output = new WaitlessOutput(1)) {
    this.#failed = failed;
    this.#output = output;
  }

  enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    this.#shown = undefined;
    this.#send(ENTER);
  }

  /** Shows lines, one in each row, as soon as the terminal takes them. */
  draw(lines: readonly string[]): void {
    if (!this.#isEntered) return;
    this.#next = lines;
    this.#flush();
  }

  /** Everything is written anew the next time: the terminal may show something else, or have another size. */
  invalidate(): void {
    this.#shown = undefined;
  }

  /** Gives the terminal back as it was. Idempotent. A frame that it has taken in part is left as it is. */
  leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    clearTimeout(this.#retry);
    this.#next = undefined;
    // The rest of a sequence that was cut in two would be shown as text; CAN ends it.
    const bytes = Buffer.from(`${this.#left.length > 0 ? '\x18' : ''}${END}${LEAVE}`);
    this.#left = new Uint8Array();
    const endMs = performance.now() + LEAVE_MS;
    for (let at = 0; at < bytes.length; ) {
      const written = this.#output.write(bytes.subarray(at));
      if (written >= 0) at += written;
      else if (written !== -EAGAIN || performance.now() >= endMs) return;
      else this.#output.waitWritable(RETRY_MS);
    }
  }

  #flush(): void {
    clearTimeout(this.#retry);
    while (this.#left.length === 0 && this.#next !== undefined) {
      const [lines, shown] = [this.#next, this.#shown];
      this.#next = undefined;
      this.#shown = lines;
      const change = changeBetween(shown, lines);
      if (change !== '') this.#send(change);
    }
    if (this.#left.length === 0) return;
    this.#send('');
    if (this.#left.length > 0) this.#retry = setTimeout(() => this.#flush(), RETRY_MS);
    else if (this.#next !== undefined) this.#flush();
  }

  #send(text: string): void {
    const bytes = text === '' ? this.#left : Buffer.concat([this.#left, Buffer.from(text)]);
    let at = 0;
    while (at < bytes.length) {
      const written = this.#output.write(bytes.subarray(at));
      if (written >= 0) at += written;
      else if (written === -EAGAIN) break;
      else {
        this.#isEntered = false;
        this.#left = new Uint8Array();
        this.#failed();
        return;
      }
    }
    this.#left = bytes.subarray(at);
  }
}

/** What makes a terminal that shows some lines show others. `shown` is undefined where it is not known what it shows. */
export function changeBetween(shown: readonly string[] | undefined, lines: readonly string[]): string {
  const count = Math.max(lines.length, shown?.length ?? 0);
  let change = shown === undefined ? '\x1b[2J' : '';
  for (let i = 0; i < count; i++) {
    const line = lines[i] ?? '';
    if (shown !== undefined && line === (shown[i] ?? '')) continue;
    // What was there is erased first: behind a line that fills its row, the cursor stands on its last character.
    change += `\x1b[${i + 1};1H\x1b[2K${line}`;
  }
  return change === '' ? '' : BEGIN + change + END;
}
